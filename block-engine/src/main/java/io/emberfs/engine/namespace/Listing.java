package io.emberfs.engine.namespace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All entries of a directory in the order of the backing. Fixed, but for what is learned of them.
 */
final class Listing {
  /** What an entry takes in memory, about, its name aside. */
  static final int ENTRY_BYTES = 136;

  /** Names that are looked through for one that has a letter. */
  private static final int PROBED_NAMES_MAX = 64;

  private final List<Entry> entries;
  private final Map<EntryName, Entry> byName;
  private final long bytes;

  /** One entry as {@code BackingDirectory.EntrySink} has it. */
  static final class Entry {
    private final EntryName name;
    private final long inode;
    private final int type;
    private final long cookie;

    /** Set once known; the same whoever sets it, as long as the listing is the directory's. */
    private volatile @Nullable Child child;

    Entry(EntryName name, long inode, int type, long cookie) {
      this.name = name;
      this.inode = inode;
      this.type = type;
      this.cookie = cookie;
    }

    EntryName name() {
      return name;
    }

    long inode() {
      return inode;
    }

    int type() {
      return type;
    }

    /** Where a reading goes on behind this entry. */
    long cookie() {
      return cookie;
    }

    @Nullable Child child() {
      return child;
    }

    void setChild(@Nullable Child known) {
      child = known;
    }
  }

  /**
   * @param entries in order; not changed any more
   */
  Listing(List<Entry> entries) {
    this.entries = entries;
    byName = HashMap.newHashMap(entries.size());
    long sum = 0;
    for (Entry entry : entries) {
      if (!entry.name().isDots()) {
        byName.put(entry.name(), entry);
      }
      sum += ENTRY_BYTES + entry.name().bytes().length;
    }
    bytes = sum;
  }

  List<Entry> entries() {
    return entries;
  }

  @Nullable Entry entry(EntryName name) {
    return byName.get(name);
  }

  /** Bytes of memory, about. */
  long bytes() {
    return bytes;
  }

  /** Where a reading goes on that ended behind this cookie; negative if no entry has it. */
  int positionBehind(long cookie) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).cookie() == cookie) {
        return i + 1;
      }
    }
    return -1;
  }

  /**
   * Whether names are told apart by their case. A directory that does not says so by having an
   * entry for a name that it does not list.
   *
   * @param isMissing looks in the backing whether it has no such entry
   */
  boolean isExact(Predicate<EntryName> isMissing) {
    int tried = 0;
    for (Entry entry : entries) {
      EntryName other = entry.name().withOtherCase();
      if (other != entry.name()) {
        return byName.containsKey(other) || isMissing.test(other);
      }
      if (++tried == PROBED_NAMES_MAX) {
        break;
      }
    }
    return false;
  }

  /**
   * A listing that is being read; one thread. What it takes is counted until it is kept or dropped,
   * and where that is too much it gives up.
   */
  static final class Draft {
    private final NamespaceMemory memory;
    private final NodeMemory directory;
    private final long stamp;
    private final List<Entry> entries = new ArrayList<>();
    private long bytes;
    private long end;
    private long endBeforeLast;
    private boolean isDropped;

    /**
     * @param directory what is remembered of it now
     * @param stamp of {@code directory}, from before the directory was opened in the backing
     */
    Draft(NamespaceMemory memory, NodeMemory directory, long stamp) {
      this.memory = memory;
      this.directory = directory;
      this.stamp = stamp;
    }

    /** The cookie of the last entry. */
    long end() {
      return end;
    }

    boolean isDropped() {
      return isDropped;
    }

    void add(byte[] name, long inode, int type, long cookie) {
      endBeforeLast = end;
      end = cookie;
      if (isDropped) {
        return;
      }
      long size = ENTRY_BYTES + name.length;
      bytes += size;
      boolean hasRoom = memory.growDrafts(size);
      entries.add(new Entry(new EntryName(name.clone()), inode, type, cookie));
      if (!hasRoom) {
        drop();
      }
    }

    /** Takes the last addition back; at most once for each. */
    void removeLast() {
      end = endBeforeLast;
      if (!isDropped) {
        long size = ENTRY_BYTES + entries.removeLast().name().bytes().length;
        bytes -= size;
        memory.shrinkDrafts(size);
      }
    }

    /**
     * The directory was read to its end: its memory keeps the listing if nothing was changed since
     * it was opened.
     *
     * @param isMissing as {@link Listing#isExact} has it
     */
    void keep(Predicate<EntryName> isMissing) {
      if (!isDropped && directory.isStill(stamp)) {
        Listing complete = new Listing(List.copyOf(entries));
        boolean isExact = directory.isExact() || complete.isExact(isMissing);
        directory.keepListing(stamp, complete, isExact);
        memory.grown();
      }
      drop();
    }

    /** Nothing becomes of it. */
    void drop() {
      isDropped = true;
      entries.clear();
      memory.shrinkDrafts(bytes);
      bytes = 0;
    }
  }
}
