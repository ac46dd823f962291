package io.emberfs.predictor.stream;

import io.emberfs.core.Access;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.Prefetcher.CandidateSink;
import java.util.Arrays;

/**
 * Finds readers that go through a file in equal steps longer than a block. One place for each pair
 * of file and process, shared by those with an equal hash; the steps of interleaved readers of one
 * process are not told apart. One thread.
 */
final class StrideTable {
  private static final int PLACE_COUNT = 128;

  /** Equal steps in a row before anything is proposed. */
  private static final int STEPS_LEAST = 3;

  private static final int STEPS_AHEAD_MAX = 8;

  /** A longer piece per step is a job for streams. */
  private static final int PIECE_BLOCKS_MAX = 16;

  private final BlockGeometry geometry;
  private final long[] keys = new long[PLACE_COUNT];
  private final long[] lastOffsets = new long[PLACE_COUNT];
  private final long[] steps = new long[PLACE_COUNT];
  private final int[] stepCounts = new int[PLACE_COUNT];
  private final int[] aheadSteps = new int[PLACE_COUNT];

  StrideTable(BlockGeometry geometry) {
    this.geometry = geometry;
  }

  /** Learns from one access that belongs to no sequential stream, and proposes the next steps. */
  void onAccess(Access access, CandidateSink sink) {
    long key = BlockKey.hash(access.fileId(), access.process());
    int place = (int) (key & (PLACE_COUNT - 1));
    long step = access.offset() - lastOffsets[place];
    lastOffsets[place] = access.offset();
    if (keys[place] != key || step != steps[place]) {
      keys[place] = key;
      steps[place] = step;
      stepCounts[place] = 1;
      aheadSteps[place] = 0;
      return;
    }
    if (Math.abs(step) <= Math.max(geometry.blockSize(), access.length())) {
      return;
    }
    stepCounts[place] = Math.min(stepCounts[place] + 1, STEPS_AHEAD_MAX);
    aheadSteps[place] = Math.max(0, aheadSteps[place] - 1);
    if (stepCounts[place] >= STEPS_LEAST) {
      propose(access, place, sink);
    }
  }

  void clear() {
    Arrays.fill(stepCounts, 0);
    Arrays.fill(keys, 0);
  }

  private void propose(Access access, int place, CandidateSink sink) {
    int depth = stepCounts[place];
    float probability = (float) depth / (depth + 1);
    for (int i = aheadSteps[place] + 1; i <= depth; i++) {
      long offset = access.offset() + i * steps[place];
      long end = Math.min(offset + access.length(), access.fileSize());
      if (offset < 0 || end <= offset) {
        break;
      }
      long first = geometry.blockIndex(offset);
      long count = geometry.blockIndex(end - 1) - first + 1;
      sink.propose(access.fileId(), first, (int) Math.min(count, PIECE_BLOCKS_MAX), 0, probability);
      aheadSteps[place] = i;
    }
  }
}
