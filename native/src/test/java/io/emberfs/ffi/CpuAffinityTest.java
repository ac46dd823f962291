package io.emberfs.ffi;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Errno;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuAffinityTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"0;1", "0-1;2", "0-3,8,10-11;7", "0-127;128"})
  void rangesAndSinglesAreCounted(String list, int count) {
    assertThat(CpuAffinity.countOf(list + "\n")).isEqualTo(count);
  }

  @Test
  void aPinnedThreadStaysUntilItFollowsTheProcess() throws Exception {
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      thread
          .submit(() -> {
            String before = allowed();
            int first = Integer.parseInt(before.split("[-,]")[0]);
            assertThat(CpuAffinity.pinTo(first)).isZero();
            assertThat(allowed()).isEqualTo(Integer.toString(first));
            assertThat(CpuAffinity.followProcess()).isZero();
            assertThat(allowed()).isEqualTo(before);
            return true;
          })
          .get();
    }
  }

  @Test
  void aCpuThatIsNotThereIsRefused() {
    assertThat(CpuAffinity.pinTo(8191)).isEqualTo(-Errno.EINVAL);
    assertThat(CpuAffinity.pinTo(8192)).isEqualTo(-Errno.EINVAL);
    assertThat(CpuAffinity.pinTo(-1)).isEqualTo(-Errno.EINVAL);
  }

  private static String allowed() throws Exception {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElseThrow();
  }
}
