package io.emberfs.testkit;

import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A codec with faults: each n-th call of one direction goes wrong. A compression that goes wrong
 * flips a bit of what it stores and says nothing; an expansion that goes wrong refuses. Any thread.
 */
public final class FaultyCodec implements Codec {
  private final Codec codec;
  private final int compressFaultEvery;
  private final int expandFaultEvery;
  private final AtomicInteger compressCalls = new AtomicInteger();
  private final AtomicInteger expandCalls = new AtomicInteger();

  /**
   * @param codec does the work
   * @param compressFaultEvery each compression of this number goes wrong; 0 for none
   * @param expandFaultEvery each expansion of this number goes wrong; 0 for none
   */
  public FaultyCodec(Codec codec, int compressFaultEvery, int expandFaultEvery) {
    this.codec = codec;
    this.compressFaultEvery = compressFaultEvery;
    this.expandFaultEvery = expandFaultEvery;
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
    int storedSize = codec.compress(source, target);
    if (storedSize > 0 && isDue(compressCalls, compressFaultEvery)) {
      byte last = target.get(ValueLayout.JAVA_BYTE, storedSize - 1L);
      target.set(ValueLayout.JAVA_BYTE, storedSize - 1L, (byte) (last ^ 1));
    }
    return storedSize;
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    return codec.expand(source, target) && !isDue(expandCalls, expandFaultEvery);
  }

  @Override
  public void close() {
    codec.close();
  }

  private static boolean isDue(AtomicInteger calls, int every) {
    return calls.incrementAndGet() % Math.max(every, 1) == 0 && every > 0;
  }
}
