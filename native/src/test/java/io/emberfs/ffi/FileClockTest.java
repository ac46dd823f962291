package io.emberfs.ffi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileClockTest {
  private static final int FILES = 500;

  @TempDir private Path folder;

  @Test
  void aFileThatIsMadeLaterIsNotOlder() throws IOException {
    FileClock clock = new FileClock();
    for (int i = 0; i < FILES; i++) {
      long before = clock.wallNanos();
      Path made = Files.createFile(folder.resolve("file" + i));
      long time = Files.getLastModifiedTime(made).to(TimeUnit.NANOSECONDS);
      assertThat(time).as("time of file %d", i).isGreaterThanOrEqualTo(before);
    }
  }
}
