package io.emberfs.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "4096, 4096",
    "64K, 65536",
    "64k, 65536",
    "512M, 536870912",
    "2G, 2147483648",
    "1T, 1099511627776"
  })
  void unitsAreBinary(String text, long bytes) throws Refusal {
    assertThat(ByteSize.parse("--ram", text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-1", "1.5G", "64KB", "G", " 1", "9999999T", "99999999999999999999", "25%"})
  void anythingElseIsRefusedByName(String text) {
    assertThatThrownBy(() -> ByteSize.parse("--ram", text))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.exitCode()).isEqualTo(ExitCode.USAGE);
              assertThat(refusal.text())
                  .startsWith("emberfs: cannot use --ram " + text)
                  .contains("\nfix: ");
            });
  }

  @Test
  void aShareIsOneOfTheWhole() throws Refusal {
    assertThat(ByteSize.parseOrShare("--ram", "25%", 8000)).isEqualTo(2000);
    assertThat(ByteSize.parseOrShare("--ram", "3K", 8000)).isEqualTo(3072);
  }

  @Test
  void aShareAboveTheWholeIsRefused() {
    assertThatThrownBy(() -> ByteSize.parseOrShare("--ram", "101%", 8000))
        .isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1K",
    "65536, 64K",
    "1610612736, 1.5G",
    "9223372036854775807, 8388608T"
  })
  void sizesArePrintedShort(long bytes, String text) {
    assertThat(ByteSize.format(bytes)).isEqualTo(text);
  }
}
