package io.emberfs.app.simulate;

import io.emberfs.core.Access;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Prefetcher;
import java.io.DataInput;
import java.io.DataOutput;

/** The baseline: proposes the blocks behind each request, and learns nothing. */
final class FixedReadahead implements Prefetcher {
  private final BlockGeometry geometry;
  private final int blockCount;
  private long fileId;
  private long firstBlockIndex;
  private boolean hasProposal;

  /**
   * @param blockCount blocks proposed after each request
   */
  FixedReadahead(BlockGeometry geometry, int blockCount) {
    this.geometry = geometry;
    this.blockCount = blockCount;
  }

  @Override
  public void onAccess(Access access) {
    fileId = access.fileId();
    firstBlockIndex = geometry.blockIndex(access.offset() + access.length() - 1) + 1;
    hasProposal = true;
  }

  @Override
  public void candidates(CandidateSink sink) {
    if (hasProposal) {
      sink.propose(fileId, firstBlockIndex, blockCount, 0, 1);
      hasProposal = false;
    }
  }

  @Override
  public void onOutcome(long file, long blockIndex, int component, Outcome outcome) {
    // A fixed one goes on whatever becomes of it.
  }

  @Override
  public void passed(PassedSink sink) {
    // It names none.
  }

  @Override
  public void save(DataOutput out) {
    // There is nothing to remember.
  }

  @Override
  public void load(DataInput in) {
    // There was nothing to remember.
  }
}
