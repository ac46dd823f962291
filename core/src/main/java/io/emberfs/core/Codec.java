package io.emberfs.core;

import java.lang.foreign.MemorySegment;

/**
 * Turns raw bytes into stored bytes and back. No call depends on another; any thread. The caller
 * owns the memory on both sides, all of it native.
 *
 * <p>Sources may be hostile: {@code expand} verifies, writes nowhere outside its target and
 * allocates no more than it.
 */
public interface Codec extends AutoCloseable {
  /** The id that is written into each block; 0 is "none". Never reused for another format. */
  int id();

  /** The name on the command line: {@code none}, {@code lz4}, {@code zstd}. */
  String name();

  /** Bytes that {@link #compress} may need for a source of this size. */
  int storedSizeMax(int rawSize);

  /**
   * Compresses all of {@code source}.
   *
   * @param target native memory of at least {@link #storedSizeMax} bytes, or fewer if giving up is
   *     welcome
   * @return stored bytes written at the start of {@code target}, or -1 if they would not fit
   */
  int compress(MemorySegment source, MemorySegment target);

  /**
   * Expands all of {@code source} into all of {@code target}.
   *
   * @param target exactly the raw size
   * @return whether the source was a valid encoding of exactly {@code target.byteSize()} bytes; if
   *     not, the target holds garbage
   */
  boolean expand(MemorySegment source, MemorySegment target);

  /** Frees what is kept between calls, if anything is; after the last call, once or more. */
  @Override
  default void close() {}
}
