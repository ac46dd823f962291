package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * LZ4 blocks without a frame (the LZ4 block format), id 1. The native library is loaded when the
 * first object is made. Stateless after that, any thread.
 *
 * <p>Only the decompressor that checks both ends is used: it reads nothing past the source and
 * writes nothing past the target, whatever the source holds. A call allocates two buffer views and
 * nothing else.
 */
public final class Lz4Codec implements Codec {
  /** The id of this codec, {@value}. */
  public static final int ID = 1;

  private final LZ4Compressor compressor;
  private final LZ4SafeDecompressor decompressor;

  /** Loads the native library if nobody has yet. */
  public Lz4Codec() {
    LZ4Factory factory = LZ4Factory.nativeInstance();
    compressor = factory.fastCompressor();
    decompressor = factory.safeDecompressor();
  }

  @Override
  public int id() {
    return ID;
  }

  @Override
  public String name() {
    return "lz4";
  }

  @Override
  public int storedSizeMax(int rawSize) {
    return compressor.maxCompressedLength(rawSize);
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    ByteBuffer from = source.asByteBuffer();
    ByteBuffer to = target.asByteBuffer();
    try {
      return compressor.compress(from, 0, from.capacity(), to, 0, to.capacity());
    } catch (LZ4Exception doesNotFit) {
      // The library has no other way to say it; a caller that gave less room asked for this answer.
      return -1;
    }
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    ByteBuffer from = source.asByteBuffer();
    ByteBuffer to = target.asByteBuffer();
    try {
      return decompressor.decompress(from, 0, from.capacity(), to, 0, to.capacity())
          == to.capacity();
    } catch (LZ4Exception damaged) {
      return false;
    }
  }
}
