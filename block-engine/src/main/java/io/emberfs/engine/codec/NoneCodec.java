package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;

/** Stores bytes as they are; id 0. Stateless, any thread. */
public final class NoneCodec implements Codec {
  /** The id of this codec, {@value}. */
  public static final int ID = 0;

  @Override
  public int id() {
    return ID;
  }

  @Override
  public String name() {
    return "none";
  }

  @Override
  public int storedSizeMax(int rawSize) {
    return rawSize;
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    if (source.byteSize() > target.byteSize()) {
      return -1;
    }
    MemorySegment.copy(source, 0, target, 0, source.byteSize());
    return (int) source.byteSize();
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    if (source.byteSize() != target.byteSize()) {
      return false;
    }
    target.copyFrom(source);
    return true;
  }
}
