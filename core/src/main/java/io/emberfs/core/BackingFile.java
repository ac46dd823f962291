package io.emberfs.core;

import java.lang.foreign.MemorySegment;

/**
 * An open file of the backing: one descriptor, positional I/O, any thread. Every method may block
 * and throws {@link BackingException}. Memory is native and stays the caller's.
 */
public interface BackingFile extends AutoCloseable {
  /**
   * Reads until {@code target} is full or the file ends.
   *
   * @return bytes read; fewer than asked only at the end of the file
   */
  int read(long offset, MemorySegment target);

  /**
   * As {@link #read}, but only as far as nothing has to be waited for: no device, no network.
   *
   * @return bytes read; fewer than asked only at the end of the file; or {@link
   *     BlockCache#WOULD_WAIT}, and then the target may hold garbage
   */
  default int readNow(long offset, MemorySegment target) {
    return BlockCache.WOULD_WAIT;
  }

  /**
   * Whether no call on this file waits for a device or a network: it lies in memory. Does not wait
   * itself.
   */
  default boolean isInMemory() {
    return false;
  }

  /**
   * Writes all of {@code source}.
   *
   * @return bytes written; fewer than asked only if the backing took a part and then failed, in
   *     which case the next call tells why
   */
  int write(long offset, MemorySegment source);

  /** Cuts or extends the file to {@code size} bytes. */
  void truncate(long size);

  /**
   * fallocate(2).
   *
   * @param mode FALLOC_FL_* bits as the kernel gives them
   */
  void allocate(int mode, long offset, long length);

  /**
   * copy_file_range(2) into another file of the same backing.
   *
   * @return bytes copied, 0 at the end of this file
   */
  long copyRange(long offset, BackingFile target, long targetOffset, long length);

  /**
   * lseek(2) for the next hole or data.
   *
   * @param whence SEEK_DATA (3) or SEEK_HOLE (4)
   */
  long seek(long offset, int whence);

  /** Makes what was written durable: fsync, or fdatasync with {@code dataOnly}. */
  void sync(boolean dataOnly);

  /** The version of the file at this moment. */
  FileVersion version();

  /**
   * Tells the kernel that these bytes, now in a tier, need not stay in its page cache. A hint:
   * never fails.
   */
  void adviseUnneeded(long offset, long length);

  /**
   * Closes the descriptor. Errors of close(2) are not reported: bytes are only promised by {@link
   * #sync}.
   */
  @Override
  void close();
}
