package io.emberfs.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.Refusal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TimeSpanTest {
  @Test
  void threeUnitsAreKnown() throws Refusal {
    assertThat(TimeSpan.parse("--wait", "500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(TimeSpan.parse("--wait", "10s")).isEqualTo(Duration.ofSeconds(10));
    assertThat(TimeSpan.parse("--wait", "5m")).isEqualTo(Duration.ofMinutes(5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "1h", "-1s", "1.5s", "s", "10 s", "9999999999s"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> TimeSpan.parse("--wait", text))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("--wait " + text);
  }

  @Test
  void anAgeHasLongerUnits() throws Refusal {
    assertThat(TimeSpan.parseAge("--older-than", "90m")).isEqualTo(Duration.ofMinutes(90));
    assertThat(TimeSpan.parseAge("--older-than", "12h")).isEqualTo(Duration.ofHours(12));
    assertThat(TimeSpan.parseAge("--older-than", "30d")).isEqualTo(Duration.ofDays(30));
    assertThatThrownBy(() -> TimeSpan.parseAge("--older-than", "30s"))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("--older-than 30s");
  }
}
