package io.emberfs.core;

import java.lang.foreign.MemorySegment;

/**
 * A borrowed block. The tier keeps the bytes in place until the lease is closed; it is closed
 * exactly once, by any thread, and the bytes are not touched after that. A second close is a broken
 * invariant: an assertion in tests, a counter in production.
 */
public interface BlockLease extends AutoCloseable {
  /** What is known of the block. */
  BlockMeta meta();

  /** The stored bytes, read-only, exactly {@code meta().storedSize()} long; owned by the tier. */
  MemorySegment stored();

  @Override
  void close();
}
