package io.emberfs.simulation;

import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;

/** A codec that lets others go on before it compresses, as a long compression would. */
final class PausingCodec implements Codec {
  private final Codec codec;
  private final Scheduler scheduler;

  PausingCodec(Codec codec, Scheduler scheduler) {
    this.codec = codec;
    this.scheduler = scheduler;
  }

  @Override
  public int id() {
    return codec.id();
  }

  @Override
  public String name() {
    return codec.name();
  }

  @Override
  public int storedSizeMax(int rawSize) {
    return codec.storedSizeMax(rawSize);
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    scheduler.pause();
    return codec.compress(source, target);
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    return codec.expand(source, target);
  }
}
