package io.emberfs.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.emberfs.core.Meters;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BlockEncoderTest {
  private static final int BLOCK = 64 << 10;
  private static final int GRANULE = 4 << 10;
  private static final long FILE = 5;

  private final Arena arena = Arena.ofConfined();
  private final Codecs codecs = Codecs.standard();
  private final Meters meters = new Meters();
  private final MemorySegment target = arena.allocate(BLOCK);
  private final RandomGenerator random = Seeds.random(11);

  @AfterEach
  void freeMemory() {
    codecs.close();
    arena.close();
  }

  @Test
  void aBlockIsKeptOnlyIfItShrinksByTheRule() {
    for (int codec : new int[] {Lz4Codec.ID, ZstdCodec.ID, GzipCodec.ID, SnappyCodec.ID}) {
      BlockEncoder encoder = encoder(CodecChoice.of(codec));
      MemorySegment half = block(BLOCK / 2);

      int storedSize = encoder.encode(FILE, half, target, BLOCK);

      assertThat(storedSize).isBetween(BLOCK / 2, BLOCK * 5 / 6);
      MemorySegment expanded = arena.allocate(BLOCK);
      assertThat(codecs.get(encoder.codecId()).expand(target.asSlice(0, storedSize), expanded))
          .isTrue();
      assertThat(expanded.mismatch(half)).isEqualTo(-1);
      assertThat(encoder.encode(FILE, block(BLOCK * 7 / 8), target, BLOCK)).isEqualTo(-1);
    }
    assertThat(count("tried")).isEqualTo(8);
    assertThat(count("kept")).isEqualTo(4);
    assertThat(count("skipped")).isZero();
  }

  @Test
  void whatTheCallerHasNoUseForIsNotKeptButTheFileIsKnownToShrink() {
    BlockEncoder encoder = encoder(CodecChoice.adaptive(Lz4Codec.ID));
    MemorySegment half = block(BLOCK / 2);

    for (int round = 0; round < 20; round++) {
      assertThat(encoder.encode(FILE, half, target, BLOCK / 2)).isEqualTo(-1);
    }

    assertThat(count("tried")).isEqualTo(20);
    assertThat(count("kept")).isZero();
  }

  @Test
  void aFileThatDoesNotShrinkCostsSamplesAtFirstAndLessAndLessThen() {
    BlockEncoder encoder = encoder(CodecChoice.adaptive(ZstdCodec.ID));

    for (int round = 0; round < 200; round++) {
      assertThat(encoder.encode(FILE, block(BLOCK), target, BLOCK)).isEqualTo(-1);
    }

    assertThat(count("tried")).isZero();
    assertThat(count("skipped")).isEqualTo(200);
  }

  @Test
  void aFileThatBeginsToShrinkIsLearnedAnew() {
    BlockEncoder encoder = encoder(CodecChoice.adaptive(ZstdCodec.ID));
    for (int round = 0; round < 200; round++) {
      encoder.encode(FILE, block(BLOCK), target, BLOCK);
    }

    int untilKept = 0;
    while (encoder.encode(FILE, block(0), target, BLOCK) < 0) {
      untilKept++;
    }
    assertThat(untilKept).isLessThan(CompressionAdvisor.RETRY_EVERY);
    for (int round = 0; round < 50; round++) {
      assertThat(encoder.encode(FILE, block(0), target, BLOCK)).isPositive();
    }
  }

  @Test
  void samplesSeeWhatLiesBehindTheHeadOfABlock() {
    BlockEncoder encoder = encoder(CodecChoice.adaptive(Lz4Codec.ID));
    MemorySegment head = block(GRANULE);
    MemorySegment tail = arena.allocate(BLOCK);
    MemorySegment.copy(block(BLOCK), 0, tail, GRANULE, BLOCK - GRANULE);

    assertThat(encoder.encode(FILE, head, target, BLOCK)).isPositive();
    assertThat(encoder.encode(FILE + 1, tail, target, BLOCK)).isEqualTo(-1);

    assertThat(count("tried")).isOne();
  }

  @Test
  void aSmallBlockIsTriedAtOnce() {
    BlockEncoder encoder = encoder(CodecChoice.adaptive(Lz4Codec.ID));

    encoder.encode(FILE, block(BLOCK).asSlice(0, 2 * GRANULE), target, BLOCK);

    assertThat(count("tried")).isOne();
    assertThat(count("skipped")).isZero();
  }

  @Test
  void offTriesNothing() {
    BlockEncoder encoder = encoder(CodecChoice.NONE);

    assertThat(encoder.isOff()).isTrue();
    assertThat(encoder.encode(FILE, block(0), target, BLOCK)).isEqualTo(-1);

    assertThat(count("tried")).isZero();
  }

  @Test
  void aSkippedBlockAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    BlockEncoder encoder = encoder(CodecChoice.adaptive(Lz4Codec.ID));
    MemorySegment noise = block(BLOCK);
    for (int round = 0; round < CompressionAdvisor.HOPELESS_AFTER; round++) {
      encoder.encode(FILE, noise, target, BLOCK);
    }
    long least = Long.MAX_VALUE;
    // Each stretch between two samples alone, and the least of many: the first ones still compile.
    for (int stretch = 0; stretch < 100; stretch++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int skipped = 1; skipped < CompressionAdvisor.RETRY_EVERY; skipped++) {
        encoder.encode(FILE, noise, target, BLOCK);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      encoder.encode(FILE, noise, target, BLOCK);
    }
    assertThat(least).isZero();
  }

  private BlockEncoder encoder(CodecChoice choice) {
    return new BlockEncoder(choice, codecs, meters);
  }

  private long count(String name) {
    return meters.counter("compress." + name).value();
  }

  /** A block of noise, so much of it, and zeros. */
  private MemorySegment block(int noiseSize) {
    byte[] noise = new byte[noiseSize];
    random.nextBytes(noise);
    MemorySegment block = arena.allocate(BLOCK);
    MemorySegment.copy(MemorySegment.ofArray(noise), 0, block, 0, noiseSize);
    return block;
  }
}
