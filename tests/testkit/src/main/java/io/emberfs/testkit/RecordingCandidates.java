package io.emberfs.testkit;

import io.emberfs.core.BlockKey;
import io.emberfs.core.Prefetcher.CandidateSink;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Remembers every proposal. */
public final class RecordingCandidates implements CandidateSink {
  private final List<Proposal> proposals = new ArrayList<>();

  /** One proposal, as it was made. */
  public record Proposal(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {}

  @Override
  public void propose(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    proposals.add(new Proposal(fileId, firstBlockIndex, blockCount, component, probability));
  }

  /** The proposals in the order in which they were made. */
  public List<Proposal> proposals() {
    return List.copyOf(proposals);
  }

  /** Every block proposed, in the order of the first time. */
  public Set<BlockKey> blocks() {
    Set<BlockKey> blocks = new LinkedHashSet<>();
    for (Proposal proposal : proposals) {
      for (int i = 0; i < proposal.blockCount(); i++) {
        blocks.add(new BlockKey(proposal.fileId(), proposal.firstBlockIndex() + i));
      }
    }
    return blocks;
  }

  /** Number of blocks in all proposals; a block proposed twice counts twice. */
  public long blockCount() {
    return proposals.stream().mapToLong(Proposal::blockCount).sum();
  }

  public void clear() {
    proposals.clear();
  }
}
