package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogFramesTest {
  private static final int BLOCK_BYTES = 32 << 10;
  private static final int HEADER_BYTES = 7;

  @TempDir private Path temporary;

  @Test
  void everyRecordOfARealLogIsLookedAt() throws Exception {
    Path directory = temporary.resolve("ssd");
    try (SsdDatabase database = WriteHistory.open(directory, new Meters())) {
      new WriteHistory(5, 400).live(database, database.tier());
    }
    int records = 0;
    for (Path file : TestFolders.files(directory)) {
      if (!file.toString().endsWith(".log")
          && !file.getFileName().toString().startsWith("MANIFEST")) {
        continue;
      }
      assertThat(LogFrames.canBeRead(file)).as(file.toString()).isTrue();
      byte[] whole = Files.readAllBytes(file);
      ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
      int at = 0;
      while (at + HEADER_BYTES <= whole.length) {
        bytes.put(at + 6, (byte) 5);
        Files.write(file, bytes.array());
        assertThat(LogFrames.canBeRead(file)).as("record at %d of %s", at, file).isFalse();
        bytes.put(at + 6, whole[at + 6]);
        records++;
        at += HEADER_BYTES + (bytes.getShort(at + 4) & 0xffff);
        int left = BLOCK_BYTES - at % BLOCK_BYTES;
        at += left < HEADER_BYTES ? left : 0;
      }
    }
    assertThat(records).isGreaterThan(20);
  }
}
