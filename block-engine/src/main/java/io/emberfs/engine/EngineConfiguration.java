package io.emberfs.engine;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.codec.CodecChoice;

/**
 * How the engine is to work.
 *
 * @param geometry block and granule sizes
 * @param attributeTtlNanos how old a comparison of a file's version with the backing may be when
 *     its blocks are served
 * @param loadCountMax loads from lower tiers or the backing at a time, prefetches included
 * @param fileCountMax file states in memory, those of open files not counted
 * @param warmBlocksMax keys in the saved warm state
 * @param readsAhead whether a miss of a sequential read fetches what follows by the same read of
 *     the backing
 * @param lower what blocks are compressed with on their way to the tiers below RAM
 */
public record EngineConfiguration(
    BlockGeometry geometry,
    long attributeTtlNanos,
    int loadCountMax,
    int fileCountMax,
    int warmBlocksMax,
    boolean readsAhead,
    CodecChoice lower) {
  public EngineConfiguration {
    if (attributeTtlNanos < 0 || loadCountMax < 1 || fileCountMax < 1 || warmBlocksMax < 0) {
      throw new IllegalArgumentException(
          "attributeTtlNanos %d, loadCountMax %d, fileCountMax %d, warmBlocksMax %d"
              .formatted(attributeTtlNanos, loadCountMax, fileCountMax, warmBlocksMax));
    }
  }
}
