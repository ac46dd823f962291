package io.emberfs.simulation;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * An open file of a {@link SimulatedBacking}. Reads and writes may happen in two parts, split
 * between pages, with others in between; a change waits for somebody else's write to the same file,
 * as it would for the inode's lock.
 */
final class SimulatedFile implements BackingFile {
  private static final double SPLIT_CHANCE = 0.2;
  private static final int KEEP_SIZE = 1;
  private static final int PUNCH_HOLE = 2;
  private static final int ZERO_RANGE = 16;

  private final World world;
  private final SimulatedBacking store;
  private final BackingFile inner;
  private final FileHistory file;
  private final OpenMode mode;
  private boolean closed;

  SimulatedFile(
      World world, SimulatedBacking store, BackingFile inner, FileHistory file, OpenMode mode) {
    this.world = world;
    this.store = store;
    this.inner = inner;
    this.file = file;
    this.mode = mode;
  }

  @Override
  public int read(long offset, MemorySegment target) {
    world.scheduler.pause();
    if (world.failsBacking()) {
      throw world.error(Errno.EIO, "pread", file);
    }
    if (World.isOfPrograms(target)) {
      world.scheduler.activity().notePassedThrough();
    }
    int length = (int) target.byteSize();
    int first = split(offset, length);
    int count = inner.read(offset, target.asSlice(0, first));
    world.trace.note("backing read of " + file.name() + ":", offset, count);
    if (first < length && count == first) {
      world.scheduler.pause();
      count += inner.read(offset + first, target.asSlice(first));
      world.trace.note("backing read goes on to:", offset + count, 0);
    }
    world.scheduler.pause();
    return count;
  }

  @Override
  public int write(long offset, MemorySegment source) {
    byte[] bytes = source.toArray(ValueLayout.JAVA_BYTE);
    boolean isCut = beginChange("pwrite") && bytes.length > 1;
    if (isCut) {
      bytes = Arrays.copyOf(bytes, 1 + world.random.nextInt(bytes.length - 1));
    }
    int first = split(offset, bytes.length);
    put(offset, Arrays.copyOf(bytes, first), source);
    if (first < bytes.length) {
      world.scheduler.pause();
      put(offset + first, Arrays.copyOfRange(bytes, first, bytes.length), source.asSlice(first));
    }
    world.scheduler.activity().noteEvent(file.last(), bytes.length);
    endChange("pwrite", false);
    return bytes.length;
  }

  private void put(long offset, byte[] bytes, MemorySegment source) {
    int _ = inner.write(offset, source.asSlice(0, bytes.length));
    apply("backing write", offset, bytes.length, FileHistory.written(offset, bytes));
  }

  @Override
  public void truncate(long size) {
    boolean fails = beginChange("ftruncate");
    inner.truncate(size);
    apply("backing truncate", size, 0, FileHistory.resized(size));
    endChange("ftruncate", fails);
  }

  @Override
  public void allocate(int allocateMode, long offset, long length) {
    boolean fails = beginChange("fallocate");
    inner.allocate(allocateMode, offset, length);
    long end = offset + length;
    boolean isLonger = (allocateMode & KEEP_SIZE) == 0 && end > file.content().length;
    UnaryOperator<byte[]> change =
        (allocateMode & (PUNCH_HOLE | ZERO_RANGE)) != 0
            ? FileHistory.cleared(offset, length)
            : isLonger ? FileHistory.resized(end) : byte[]::clone;
    apply("backing allocate", offset, length, change);
    endChange("fallocate", fails);
  }

  @Override
  public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
    SimulatedFile other = (SimulatedFile) target;
    boolean fails = other.beginChange("copy_file_range");
    byte[] from = file.content();
    long count = inner.copyRange(offset, other.inner, targetOffset, length);
    if (count > 0) {
      byte[] bytes = new byte[(int) count];
      System.arraycopy(from, (int) offset, bytes, 0, bytes.length);
      other.apply("backing copy", targetOffset, count, FileHistory.written(targetOffset, bytes));
    }
    other.endChange("copy_file_range", fails);
    return count;
  }

  @Override
  public long seek(long offset, int whence) {
    world.scheduler.pause();
    return inner.seek(offset, whence);
  }

  @Override
  public void sync(boolean dataOnly) {
    world.scheduler.pause();
    if (world.failsBacking()) {
      throw world.error(Errno.EIO, "fsync", file);
    }
    makeDurable();
    world.scheduler.pause();
  }

  @Override
  public FileVersion version() {
    world.scheduler.pause();
    if (world.failsBacking()) {
      throw world.error(Errno.EIO, "statx", file);
    }
    FileVersion version = store.seen(inner.version(), file);
    world.scheduler.pause();
    return version;
  }

  @Override
  public void adviseUnneeded(long offset, long length) {}

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      store.closed();
      inner.close();
    }
  }

  /**
   * Whether this change fails although it happens, or, if it is a write, ends half-way.
   *
   * @throws io.emberfs.core.BackingException if it fails at once
   */
  private boolean beginChange(String operation) {
    world.scheduler.pause();
    world.scheduler.activity().noteChange(file);
    world.land(file);
    if (!world.failsBacking()) {
      return false;
    }
    if (world.random.nextBoolean()) {
      throw world.error(world.random.nextBoolean() ? Errno.ENOSPC : Errno.EIO, operation, file);
    }
    return true;
  }

  private void apply(String what, long offset, long length, UnaryOperator<byte[]> change) {
    int index = file.own(change);
    world.scheduler.activity().noteEvent(index, length);
    world.trace.note(what + " of " + file.name() + ":", offset, length);
    world.trace.note("  is state:", index, file.content().length);
  }

  /** The change is done; a late error may still come of it. */
  private void endChange(String operation, boolean fails) {
    if (mode == OpenMode.READ_WRITE_SYNC) {
      makeDurable();
    }
    world.scheduler.pause();
    if (fails || world.failsBacking()) {
      throw world.error(Errno.EIO, operation + " (late)", file);
    }
  }

  private void makeDurable() {
    if (world.plant != Plant.NO_SYNC) {
      inner.sync(false);
      file.noteDurable();
    }
    world.trace.note("backing sync of " + file.name() + ", state:", file.last(), 0);
  }

  /** Bytes of the first part: all, or up to a border between two pages. */
  private int split(long offset, int length) {
    int toBorder = (int) (FileHistory.GRANULE_SIZE - offset % FileHistory.GRANULE_SIZE);
    if (toBorder >= length || world.random.nextDouble() >= SPLIT_CHANCE) {
      return length;
    }
    int borders = (length - toBorder - 1) / FileHistory.GRANULE_SIZE + 1;
    return toBorder + world.random.nextInt(borders) * FileHistory.GRANULE_SIZE;
  }
}
