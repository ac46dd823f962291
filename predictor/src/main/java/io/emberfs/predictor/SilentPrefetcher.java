package io.emberfs.predictor;

import io.emberfs.core.Access;
import io.emberfs.core.Prefetcher;
import java.io.DataInput;
import java.io.DataOutput;

/** Learns nothing and proposes nothing: prefetching switched off. */
public final class SilentPrefetcher implements Prefetcher {
  @Override
  public void onAccess(Access access) {}

  @Override
  public void candidates(CandidateSink sink) {}

  @Override
  public void onOutcome(long fileId, long blockIndex, int component, Outcome outcome) {}

  @Override
  public void passed(PassedSink sink) {}

  @Override
  public void save(DataOutput out) {}

  @Override
  public void load(DataInput in) {}
}
