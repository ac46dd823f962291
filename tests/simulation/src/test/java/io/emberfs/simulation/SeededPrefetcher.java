package io.emberfs.simulation;

import io.emberfs.core.Access;
import io.emberfs.core.Prefetcher;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.random.RandomGenerator;

/** Proposes blocks of the file that was used last, by chance. */
final class SeededPrefetcher implements Prefetcher {
  private static final int BLOCKS_MAX = 6;
  private static final int MAGIC = 0x51A1;

  private final RandomGenerator random;
  private final int proposals;
  private long fileId;

  /**
   * @param proposals of each time that it is asked
   */
  SeededPrefetcher(RandomGenerator random, int proposals) {
    this.random = random;
    this.proposals = proposals;
  }

  @Override
  public void onAccess(Access access) {
    fileId = access.fileId();
  }

  @Override
  public void candidates(CandidateSink sink) {
    for (int i = 0; i < proposals; i++) {
      sink.propose(
          fileId,
          random.nextInt(BLOCKS_MAX),
          1 + random.nextInt(BLOCKS_MAX),
          0,
          random.nextFloat());
    }
  }

  @Override
  public void onOutcome(long file, long blockIndex, int component, Outcome outcome) {}

  @Override
  public void passed(PassedSink sink) {}

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeInt(MAGIC);
  }

  @Override
  public void load(DataInput in) throws IOException {
    if (in.readInt() != MAGIC) {
      throw new IOException("not a model of the simulation");
    }
  }
}
