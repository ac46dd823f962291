package io.emberfs.testkit;

import io.emberfs.core.Access;
import io.emberfs.core.Prefetcher;
import io.emberfs.testkit.RecordingCandidates.Proposal;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Proposes what a test puts in, and remembers what it was told. Its model is one number. */
public final class FakePrefetcher implements Prefetcher {
  private static final int MAGIC = 0x46414B45;

  private final List<Proposal> next = new ArrayList<>();
  private final List<Access> accesses = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private Runnable onNextAccess = () -> {};
  private int model;

  /** One outcome, as it was told. */
  public record Verdict(long fileId, long blockIndex, int component, Outcome outcome) {}

  /** Proposes this the next time that it is asked. */
  public void willPropose(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    next.add(new Proposal(fileId, firstBlockIndex, blockCount, component, probability));
  }

  /** Runs this when the next access comes. */
  public void onNextAccess(Runnable action) {
    onNextAccess = action;
  }

  public List<Access> accesses() {
    return List.copyOf(accesses);
  }

  public List<Verdict> verdicts() {
    return List.copyOf(verdicts);
  }

  /** What is saved and loaded; 0 in a new one. */
  public int model() {
    return model;
  }

  public void setModel(int model) {
    this.model = model;
  }

  @Override
  public void onAccess(Access access) {
    accesses.add(access);
    onNextAccess.run();
    onNextAccess = () -> {};
  }

  @Override
  public void candidates(CandidateSink sink) {
    for (Proposal p : next) {
      sink.propose(p.fileId(), p.firstBlockIndex(), p.blockCount(), p.component(), p.probability());
    }
    next.clear();
  }

  @Override
  public void onOutcome(long fileId, long blockIndex, int component, Outcome outcome) {
    verdicts.add(new Verdict(fileId, blockIndex, component, outcome));
  }

  @Override
  public void passed(PassedSink sink) {}

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeInt(MAGIC);
    out.writeInt(model);
  }

  @Override
  public void load(DataInput in) throws IOException {
    model = 0;
    if (in.readInt() != MAGIC) {
      throw new IOException("not the state of a fake");
    }
    model = in.readInt();
  }
}
