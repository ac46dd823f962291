package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.Seeds;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The parsers of stored values: they reject, or return what writes the same bytes again. */
final class FormatFuzzTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private static final int ROUNDS = 20_000;

  @FuzzTest(maxDuration = "10m")
  void storedValuesAreRejectedOrExact(byte[] bytes) {
    parseAll(bytes);
  }

  @Test
  void randomBytesAreRejected() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        assertThat(parseAll(bytes)).isFalse();
      }
    });
  }

  @Test
  void aValueReadsBackAsItselfAndAnyChangedBitIsRejected() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] whole =
            switch (random.nextInt(3)) {
              case 0 -> header(random);
              case 1 -> FileRecordFormat.write(record(random));
              default -> new DatabaseIdentity(random.nextInt(), random.nextLong()).write();
            };
        assertThat(parseAll(whole)).isTrue();
        byte[] damaged = whole.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        assertThat(parseAll(damaged)).isFalse();
        assertThat(parseAll(Arrays.copyOf(whole, random.nextInt(whole.length)))).isFalse();
      }
    });
  }

  /** Whether any parser took the bytes; each that did must write them again. */
  private static boolean parseAll(byte[] bytes) {
    BlockMeta meta = BlockHeader.read(ByteBuffer.wrap(bytes), GEOMETRY);
    if (meta != null) {
      byte[] again = new byte[BlockHeader.BYTES];
      BlockHeader.write(meta, ByteBuffer.wrap(again));
      assertThat(again).isEqualTo(Arrays.copyOf(bytes, BlockHeader.BYTES));
    }
    FileRecord record = FileRecordFormat.read(bytes);
    if (record != null) {
      assertThat(FileRecordFormat.write(record)).isEqualTo(bytes);
    }
    DatabaseIdentity identity = DatabaseIdentity.read(bytes);
    if (identity != null) {
      assertThat(identity.write()).isEqualTo(bytes);
    }
    return meta != null || record != null || identity != null;
  }

  private static byte[] header(RandomGenerator random) {
    long granules = random.nextLong() & GEOMETRY.fullMask();
    byte[] bytes = new byte[BlockHeader.BYTES];
    BlockMeta meta =
        new BlockMeta(
            random.nextLong(),
            random.nextLong() >>> 1,
            random.nextLong(),
            random.nextInt(),
            GEOMETRY.rawSize(granules),
            1 + random.nextInt(GEOMETRY.blockSize()),
            random.nextInt(),
            granules,
            random.nextLong());
    BlockHeader.write(meta, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static FileRecord record(RandomGenerator random) {
    NodeIdentity identity =
        new NodeIdentity(random.nextLong(), random.nextLong(), random.nextLong());
    return new FileRecord(
        random.nextLong(),
        random.nextLong(),
        new FileVersion(identity, random.nextLong(), random.nextLong(), random.nextLong()),
        random.nextLong());
  }
}
