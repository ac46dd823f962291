package io.emberfs.engine.writeback;

import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Copies between files of which the backing does not have everything: by reading and writing. */
final class RangeCopy {
  private static final int BYTES_MAX = 1 << 20;

  private final BlockCache cache;

  RangeCopy(BlockCache cache) {
    this.cache = cache;
  }

  /** As {@link BlockCache#copyRange}; may copy less than asked for. */
  long copy(CachedFile source, long offset, CachedFile target, long targetOffset, long length) {
    int n = (int) Math.min(length, BYTES_MAX);
    if (n == 0) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      // Read by whichever thread leads the block's load.
      MemorySegment buffer = arena.allocate(n);
      int read = cache.read(source, offset, n, buffer, 0);
      return read == 0 ? 0 : cache.write(target, targetOffset, buffer.asSlice(0, read), 0);
    }
  }
}
