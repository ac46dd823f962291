package io.emberfs.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Codec;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever bytes a block is said to hold: an answer, and no byte written outside the target. */
final class CodecFuzzTest {
  private static final int ROUNDS = 4_000;
  private static final int SIZE_BYTES = 2;
  private static final int SIZE_UNIT = 64;
  private static final int MARGIN = 64;
  private static final byte CANARY = 0x3C;

  private static final List<Codec> CODECS =
      List.of(
          new NoneCodec(),
          new Lz4Codec(),
          new ZstdCodec(ZstdCodec.LEVEL_MIN),
          new GzipCodec(),
          new SnappyCodec());

  private final MemorySegment memory =
      Arena.ofAuto().allocate(BlockGeometry.BLOCK_SIZE_MAX + 2L * MARGIN);

  private final MemorySegment canaries = Arena.ofAuto().allocate(MARGIN).fill(CANARY);

  /** The first two bytes are the size of the target, in units; the rest is the source. */
  @FuzzTest(maxDuration = "10m")
  void anyBytesAreExpandedOrRefused(byte[] bytes) {
    if (bytes.length > SIZE_BYTES && bytes.length <= BlockGeometry.BLOCK_SIZE_MAX) {
      expandAll(bytes);
    }
  }

  @Test
  void randomBytesAreExpandedOrRefused() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = new byte[SIZE_BYTES + 1 + random.nextInt(500)];
        random.nextBytes(bytes);
        expandAll(bytes);
      }
    });
  }

  private void expandAll(byte[] bytes) {
    int units = Byte.toUnsignedInt(bytes[0]) << 8 | Byte.toUnsignedInt(bytes[1]);
    int size = Math.min(units * SIZE_UNIT, BlockGeometry.BLOCK_SIZE_MAX);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).asSlice(SIZE_BYTES);
      MemorySegment before = memory.asSlice(0, MARGIN);
      MemorySegment behind = memory.asSlice((long) MARGIN + size, MARGIN);
      for (Codec codec : CODECS) {
        before.fill(CANARY);
        behind.fill(CANARY);

        boolean _ = codec.expand(source, memory.asSlice(MARGIN, size));

        assertUnharmed(before, codec);
        assertUnharmed(behind, codec);
      }
    }
  }

  private void assertUnharmed(MemorySegment margin, Codec codec) {
    assertThat(margin.mismatch(canaries)).as(codec.name()).isEqualTo(-1);
  }
}
