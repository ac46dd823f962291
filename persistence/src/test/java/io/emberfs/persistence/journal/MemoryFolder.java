package io.emberfs.persistence.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A folder in memory, with what its disk would have after a power cut: of bytes that were not
 * forced each sector is the old one or the new one, of renames and deletions that were not synced a
 * beginning has happened. One lock for everything.
 */
final class MemoryFolder implements JournalFolder {
  private static final int SECTOR_BYTES = 512;
  private static final int PAGE_BYTES = 4096;

  private NavigableMap<String, Content> names = new TreeMap<>();

  /**
   * The names as they would be after a power cut, one entry for each change since the last sync.
   */
  private final List<NavigableMap<String, Content>> states = new ArrayList<>();

  private long room = Long.MAX_VALUE / 2;
  private long forceCount;
  private boolean failsForce;
  private boolean failsWrite;
  private Runnable onForce = () -> {};
  private Runnable beforeChange = () -> {};
  private long unreadableAt = -1;
  private final List<String> retired = new ArrayList<>();

  MemoryFolder() {
    states.add(new TreeMap<>());
  }

  /** A copy of everything, on a disk of its own, and durable. */
  synchronized MemoryFolder copy() {
    MemoryFolder copy = new MemoryFolder();
    names.forEach((name, content) -> copy.names.put(name, new Content(content.bytes.clone())));
    copy.sync();
    return copy;
  }

  /** What a power cut at this moment leaves. */
  synchronized MemoryFolder afterPowerCut(RandomGenerator random) {
    MemoryFolder left = new MemoryFolder();
    states
        .get(random.nextInt(states.size()))
        .forEach((name, content) -> left.names.put(name, content.afterPowerCut(random)));
    left.sync();
    return left;
  }

  /** What a killed process leaves: everything, and the same of it is durable. */
  synchronized MemoryFolder afterKill() {
    Map<Content, Content> copies = new IdentityHashMap<>();
    MemoryFolder left = new MemoryFolder();
    left.names = copy(names, copies);
    left.states.clear();
    states.forEach(state -> left.states.add(copy(state, copies)));
    return left;
  }

  private static NavigableMap<String, Content> copy(
      NavigableMap<String, Content> state, Map<Content, Content> copies) {
    NavigableMap<String, Content> copy = new TreeMap<>();
    state.forEach((name, content) -> copy.put(name, copies.computeIfAbsent(content, Content::new)));
    return copy;
  }

  /** Called before each write, force, renaming, deletion and sync. */
  synchronized void beforeChange(Runnable action) {
    beforeChange = action;
  }

  /** Bytes of new files that there is room for. */
  synchronized void room(long bytes) {
    room = bytes;
  }

  synchronized void failForce() {
    failsForce = true;
  }

  synchronized void failWrite() {
    failsWrite = true;
  }

  /** The page of every file that holds this byte cannot be read. */
  synchronized void unreadableAt(long position) {
    unreadableAt = position;
  }

  /** Segments that were renamed or deleted, in that order. */
  synchronized List<String> retired() {
    return List.copyOf(retired);
  }

  /** Nothing fails any more. */
  synchronized void heal() {
    failsForce = false;
    failsWrite = false;
  }

  /** Called by each force, without the lock. */
  synchronized void onForce(Runnable action) {
    onForce = action;
  }

  /** Number of forces of files. */
  synchronized long forceCount() {
    return forceCount;
  }

  /** The bytes of a file, as they are. */
  synchronized byte[] bytes(String name) {
    return names.get(name).bytes;
  }

  synchronized void put(String name, byte[] bytes) {
    names.put(name, new Content(bytes));
    sync();
  }

  /** Names that begin like this. */
  synchronized List<String> names(String prefix) {
    return names.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
  }

  @Override
  public synchronized List<String> names() {
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized JournalFile read(String name) throws IOException {
    return new MemoryFile(content(name));
  }

  @Override
  public synchronized JournalFile open(String name) throws IOException {
    return new MemoryFile(content(name));
  }

  @Override
  public synchronized JournalFile create(String name) throws IOException {
    if (names.containsKey(name)) {
      throw new IOException(name + " is there");
    }
    Content content = new Content(new byte[0]);
    names.put(name, content);
    changed();
    return new MemoryFile(content);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    if (names.containsKey(to)) {
      throw new IOException(to + " is there");
    }
    Content content = content(from);
    beforeChange.run();
    retired.add(from);
    names.remove(from);
    names.put(to, content);
    changed();
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    beforeChange.run();
    room += content(name).bytes.length;
    retired.add(name);
    names.remove(name);
    changed();
  }

  @Override
  public synchronized void sync() {
    beforeChange.run();
    states.clear();
    states.add(new TreeMap<>(names));
  }

  @Override
  public synchronized boolean hasRoom(long bytes) {
    return room >= bytes;
  }

  private Content content(String name) throws IOException {
    Content content = names.get(name);
    if (content == null) {
      throw new NoSuchFileException(name);
    }
    return content;
  }

  private void changed() {
    states.add(new TreeMap<>(names));
  }

  private static final class Content {
    private byte[] bytes;
    private byte[] durable;
    private final BitSet dirtySectors = new BitSet();

    private Content(byte[] bytes) {
      this.bytes = bytes;
      this.durable = bytes.clone();
    }

    private Content(Content other) {
      this.bytes = other.bytes.clone();
      this.durable = other.durable.clone();
      this.dirtySectors.or(other.dirtySectors);
    }

    private Content afterPowerCut(RandomGenerator random) {
      byte[] left = Arrays.copyOf(durable, bytes.length);
      for (int sector : dirtySectors.stream().toArray()) {
        if (random.nextBoolean()) {
          int at = sector * SECTOR_BYTES;
          System.arraycopy(bytes, at, left, at, Math.min(SECTOR_BYTES, bytes.length - at));
        }
      }
      return new Content(left);
    }
  }

  private final class MemoryFile implements JournalFile {
    private final Content content;
    private boolean isClosed;

    private MemoryFile(Content content) {
      this.content = content;
    }

    @Override
    public long size() {
      return content.bytes.length;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      synchronized (MemoryFolder.this) {
        int count = (int) Math.min(target.remaining(), content.bytes.length - position);
        long bad = unreadableAt / PAGE_BYTES * PAGE_BYTES;
        if (unreadableAt >= 0 && position < bad + PAGE_BYTES && position + count > bad) {
          if (position >= bad) {
            throw new IOException("injected: Input/output error");
          }
          count = (int) (bad - position);
        }
        if (count <= 0) {
          return -1;
        }
        target.put(content.bytes, (int) position, count);
        return count;
      }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      synchronized (MemoryFolder.this) {
        requireOpen();
        beforeChange.run();
        if (failsWrite) {
          throw new IOException("injected: Input/output error");
        }
        int end = (int) position + source.remaining();
        if (end > content.bytes.length) {
          room -= end - content.bytes.length;
          if (room < 0) {
            room += end - content.bytes.length;
            throw new IOException("injected: No space left on device");
          }
          content.bytes = Arrays.copyOf(content.bytes, end);
        }
        content.dirtySectors.set((int) position / SECTOR_BYTES, (end - 1) / SECTOR_BYTES + 1);
        source.get(content.bytes, (int) position, source.remaining());
      }
    }

    @Override
    public void force() throws IOException {
      Runnable action;
      synchronized (MemoryFolder.this) {
        action = onForce;
      }
      action.run();
      synchronized (MemoryFolder.this) {
        requireOpen();
        beforeChange.run();
        forceCount++;
        if (failsForce) {
          throw new IOException("injected: Input/output error");
        }
        content.durable = content.bytes.clone();
        content.dirtySectors.clear();
      }
    }

    @Override
    public void close() {
      isClosed = true;
    }

    private void requireOpen() throws IOException {
      if (isClosed) {
        throw new IOException("a closed file is used");
      }
    }
  }

  @Override
  public String toString() {
    return names().toString();
  }
}
