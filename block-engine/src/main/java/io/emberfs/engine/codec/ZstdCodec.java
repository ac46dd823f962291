package io.emberfs.engine.codec;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Zstandard frames (RFC 8878) without a checksum of their own, id 2 at every level: the level is
 * the compressor's business alone. The native library is loaded by the first call. Any thread.
 *
 * <p>A frame is expanded in one piece into a target of known size, so what it says of its window or
 * its content makes nobody allocate. The library's contexts are kept between calls; a compressing
 * one is as large as its level and the largest block want it.
 */
public final class ZstdCodec implements Codec {
  /** The id of this codec, {@value}. */
  public static final int ID = 2;

  /** The fastest level. */
  public static final int LEVEL_MIN = 1;

  /** The smallest result; levels above it are for windows larger than any block. */
  public static final int LEVEL_MAX = 19;

  private static final String NAME = "zstd";

  /** Of the library's bound: one byte for each so many, and a rest below this size. */
  private static final int BYTES_PER_OVERHEAD_BYTE = 256;

  private static final int SMALL_SIZE = 128 << 10;
  private static final int SMALL_SHARE = 2048;

  private final ContextPool<ZstdCompressCtx> compressors;
  private final ContextPool<ZstdDecompressCtx> expanders =
      new ContextPool<>(NAME, ZstdDecompressCtx::new, ZstdDecompressCtx::close);

  /**
   * @param level from {@link #LEVEL_MIN} to {@link #LEVEL_MAX}
   */
  public ZstdCodec(int level) {
    if (level < LEVEL_MIN || level > LEVEL_MAX) {
      throw new IllegalArgumentException(
          "level %d is not from %d to %d".formatted(level, LEVEL_MIN, LEVEL_MAX));
    }
    compressors =
        new ContextPool<>(
            NAME, () -> new ZstdCompressCtx().setLevel(level), ZstdCompressCtx::close);
  }

  @Override
  public int id() {
    return ID;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int storedSizeMax(int rawSize) {
    // Here and not asked of the library, which would be loaded for it.
    int small = Math.max(0, SMALL_SIZE - rawSize) / SMALL_SHARE;
    return rawSize + rawSize / BYTES_PER_OVERHEAD_BYTE + small;
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    ZstdCompressCtx context = compressors.take();
    if (context == null) {
      return -1;
    }
    try {
      ByteBuffer from = source.asByteBuffer();
      ByteBuffer to = target.asByteBuffer();
      return context.compressDirectByteBuffer(to, 0, to.capacity(), from, 0, from.capacity());
    } catch (ZstdException doesNotFit) {
      // The library has no other way to say it; a caller that gave less room asked for this answer.
      return -1;
    } finally {
      compressors.give(context);
    }
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    ZstdDecompressCtx context = expanders.take();
    if (context == null) {
      return false;
    }
    try {
      ByteBuffer from = source.asByteBuffer();
      ByteBuffer to = target.asByteBuffer();
      return context.decompressDirectByteBuffer(to, 0, to.capacity(), from, 0, from.capacity())
          == to.capacity();
    } catch (ZstdException damaged) {
      return false;
    } finally {
      expanders.give(context);
    }
  }

  @Override
  public void close() {
    compressors.close();
    expanders.close();
  }
}
