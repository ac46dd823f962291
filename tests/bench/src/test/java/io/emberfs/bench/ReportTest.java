package io.emberfs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
  @TempDir private Path temp;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Report report = new Report("test", new PrintStream(out));

  @Test
  void ratiosAreOfMedians() throws IOException {
    add("fast", 30, 10, 1000);
    add("slow", 10, 20, 1, 10);
    report.ratioAtLeast("fast against slow", "fast", "slow", 3);
    assertThat(report.finish(temp.resolve("results/test.json"))).isTrue();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .containsPattern("fast against slow +30.0 +10.0 +3.000  >= 3.0 ok");
    Numbers written = Numbers.parse(Files.readString(temp.resolve("results/test.json")));
    assertThat(written.at("rows", "0", "figure")).isEqualTo(3);
    assertThat(written.count("samples", "fast", "2")).isEqualTo(1000);
  }

  @Test
  void aBarThatIsMissedIsSaidSo() throws IOException {
    add("reads", 1);
    report.atMost("reads", "reads", 0);
    assertThat(report.finish(temp.resolve("test.json"))).isFalse();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("MISSED");
  }

  @Test
  void aNameWithoutSamplesIsABug() {
    assertThatThrownBy(() -> report.atMost("nothing", "nothing", 0))
        .isInstanceOf(IllegalStateException.class);
  }

  private void add(String name, double... values) {
    for (double value : values) {
      report.add(name, value);
    }
  }
}
