package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * What gzip compresses with, by the JDK: deflate (RFC 1951) without the frame and the checksum of a
 * gzip file, which a block has no use for; id 3. Any thread.
 *
 * <p>Deflaters and inflaters hold memory of zlib, 256 KiB and 40 KiB, and are kept between calls.
 */
public final class GzipCodec implements Codec {
  /** The id of this codec, {@value}. */
  public static final int ID = 3;

  private static final String NAME = "gzip";

  /** Without a frame: see the class. */
  private static final boolean NO_WRAP = true;

  /** What deflate needs at most beyond the bytes themselves, whichever zlib the JDK came with. */
  private static final int OVERHEAD_SHARE = 8;

  private static final int OVERHEAD_BYTES = 64;

  private final ContextPool<Deflater> deflaters =
      new ContextPool<>(
          NAME, () -> new Deflater(Deflater.DEFAULT_COMPRESSION, NO_WRAP), Deflater::end);

  private final ContextPool<Inflater> inflaters =
      new ContextPool<>(NAME, () -> new Inflater(NO_WRAP), Inflater::end);

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
    return rawSize + rawSize / OVERHEAD_SHARE + OVERHEAD_BYTES;
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    Deflater deflater = deflaters.take();
    if (deflater == null) {
      return -1;
    }
    try {
      ByteBuffer to = target.asByteBuffer();
      deflater.setInput(source.asByteBuffer());
      deflater.finish();
      while (!deflater.finished() && to.hasRemaining()) {
        deflater.deflate(to);
      }
      return deflater.finished() ? to.position() : -1;
    } finally {
      deflater.reset(); // lets go of the caller's memory, too
      deflaters.give(deflater);
    }
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    Inflater inflater = inflaters.take();
    if (inflater == null) {
      return false;
    }
    try {
      ByteBuffer to = target.asByteBuffer();
      inflater.setInput(source.asByteBuffer());
      return fills(inflater, to) && isAtItsEnd(inflater);
    } catch (DataFormatException damaged) {
      return false;
    } finally {
      inflater.reset();
      inflaters.give(inflater);
    }
  }

  @Override
  public void close() {
    deflaters.close();
    inflaters.close();
  }

  private static boolean fills(Inflater inflater, ByteBuffer target) throws DataFormatException {
    while (target.hasRemaining()) {
      if (inflater.inflate(target) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether no byte follows, neither of the content nor of the source. */
  private static boolean isAtItsEnd(Inflater inflater) throws DataFormatException {
    // The mark of the end may not have been looked at: it lies behind the last byte.
    return inflater.inflate(new byte[1]) == 0
        && inflater.finished()
        && inflater.getRemaining() == 0;
  }
}
