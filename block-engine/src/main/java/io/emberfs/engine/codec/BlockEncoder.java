package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Compresses the blocks of one place where that pays: what does not shrink to 5/6, that is by 1.2
 * to one, is not worth the time that it takes to read it.
 *
 * <p>An adaptive encoder compresses a sample first, two granules of 4 KiB with the same codec, for
 * what shrinks differs from codec to codec; it gives up a block whose samples hardly shrink and
 * remembers that of the file ({@link CompressionAdvisor}).
 *
 * <p>Any thread; allocates no more than the codec does. All memory is the caller's.
 */
public final class BlockEncoder {
  private static final int STORED_PARTS_MAX = 5;
  private static final int RAW_PARTS = 6;
  private static final int SAMPLE_SIZE = 4096;

  /** A smaller block is as quickly tried as sampled. */
  private static final int SAMPLED_SIZE_MIN = 4 * SAMPLE_SIZE;

  /**
   * A sample promises if it shrinks to 15/16: alone it has less to refer to than as a part of its
   * block.
   */
  private static final int SAMPLE_PARTS_MAX = 15;

  private static final int SAMPLE_PARTS = 16;

  private final Codec codec;
  private final @Nullable CompressionAdvisor advisor;
  private final Meters.Counter tried;
  private final Meters.Counter kept;
  private final Meters.Counter skipped;

  /**
   * @param codecs has the chosen codec, and is closed after the last call
   * @param meters get {@code compress.tried}, {@code compress.kept} and {@code compress.skipped},
   *     shared by all encoders
   */
  public BlockEncoder(CodecChoice choice, Codecs codecs, Meters meters) {
    codec = codecs.get(choice.codecId());
    advisor = choice.isAdaptive() ? new CompressionAdvisor() : null;
    tried = meters.counter("compress.tried");
    kept = meters.counter("compress.kept");
    skipped = meters.counter("compress.skipped");
  }

  /** Whether blocks stay as they are. */
  public boolean isOff() {
    return codec.id() == NoneCodec.ID;
  }

  /** The codec of what {@link #encode} made. */
  public int codecId() {
    return codec.id();
  }

  /**
   * Compresses a block, if that pays.
   *
   * @param fileId the file that the block is of
   * @param raw all of it
   * @param target at least 5/6 of {@code raw}; gets the stored bytes, or garbage
   * @param usefulSizeMax what the caller has no use for above, though it may pay elsewhere
   * @return stored bytes; -1 if the block is to stay as it is
   */
  public int encode(long fileId, MemorySegment raw, MemorySegment target, long usefulSizeMax) {
    if (isOff()) {
      return -1;
    }
    if (advisor != null && !isPromising(fileId, raw, target, advisor)) {
      skipped.increment();
      return -1;
    }
    tried.increment();
    int storedSize = compress(raw, target, STORED_PARTS_MAX, RAW_PARTS);
    if (advisor != null) {
      advisor.learn(fileId, storedSize >= 0);
    }
    if (storedSize < 0 || storedSize > usefulSizeMax) {
      return -1;
    }
    kept.increment();
    return storedSize;
  }

  private boolean isPromising(
      long fileId, MemorySegment raw, MemorySegment target, CompressionAdvisor of) {
    return switch (of.next(fileId)) {
      case TRY -> true;
      case SKIP -> false;
      case SAMPLE -> {
        boolean promising = raw.byteSize() < SAMPLED_SIZE_MIN || samplesShrink(raw, target);
        if (!promising) {
          of.learn(fileId, false);
        }
        yield promising;
      }
    };
  }

  /** Neither begins where the block does: there is the head of a file, unlike what follows. */
  private boolean samplesShrink(MemorySegment raw, MemorySegment target) {
    long quarter = raw.byteSize() / 4;
    return shrinks(raw.asSlice(quarter, SAMPLE_SIZE), target)
        || shrinks(raw.asSlice(raw.byteSize() - quarter, SAMPLE_SIZE), target);
  }

  private boolean shrinks(MemorySegment sample, MemorySegment target) {
    return compress(sample, target, SAMPLE_PARTS_MAX, SAMPLE_PARTS) >= 0;
  }

  private int compress(MemorySegment raw, MemorySegment target, int partsMax, int parts) {
    return codec.compress(raw, target.asSlice(0, raw.byteSize() * partsMax / parts));
  }
}
