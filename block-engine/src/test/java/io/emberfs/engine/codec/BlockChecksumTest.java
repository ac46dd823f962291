package io.emberfs.engine.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class BlockChecksumTest {
  @Test
  void theCheckValueOfCrc32cIsMet() {
    byte[] digits = "123456789".getBytes(US_ASCII);

    assertThat(BlockChecksum.of(MemorySegment.ofArray(digits))).isEqualTo(0xE3069283);
  }

  @Test
  void theChecksumsOfPartsJoinToThatOfTheWhole() {
    Seeds.check(random -> {
      for (int partSize : new int[] {4096, 16384}) {
        BlockChecksum parts = new BlockChecksum(partSize);
        byte[] bytes = new byte[partSize * (1 + random.nextInt(16))];
        random.nextBytes(bytes);
        MemorySegment whole = MemorySegment.ofArray(bytes);

        int joined = 0;
        for (int position = 0; position < bytes.length; position += partSize) {
          joined = parts.join(joined, BlockChecksum.of(whole.asSlice(position, partSize)));
        }

        assertThat(joined).isEqualTo(BlockChecksum.of(whole));
      }
    });
  }
}
