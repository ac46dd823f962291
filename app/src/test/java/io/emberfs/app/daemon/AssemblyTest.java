package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.config.Compression.Choice;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class AssemblyTest {
  @Test
  void aCodecByNameIsTheCodecOfThatNameInBothTiersAndTriedWithEachBlock() {
    try (Codecs codecs = Codecs.standard()) {
      for (Choice choice : Choice.values()) {
        if (choice != Choice.AUTO) {
          CodecChoice warm = Assembly.warmChoice(choice);
          String name = choice == Choice.OFF ? "none" : choice.name().toLowerCase(Locale.ROOT);
          assertThat(codecs.get(warm.codecId()).name()).isEqualTo(name);
          assertThat(warm.isAdaptive()).isFalse();
          assertThat(Assembly.lowerChoice(choice)).isEqualTo(warm);
        }
      }
    }
  }

  @Test
  void autoIsFastInRamAndSmallBelowAndLearnsInBoth() {
    try (Codecs codecs = Codecs.standard()) {
      CodecChoice warm = Assembly.warmChoice(Choice.AUTO);
      CodecChoice lower = Assembly.lowerChoice(Choice.AUTO);

      assertThat(codecs.get(warm.codecId()).name()).isEqualTo("lz4");
      assertThat(codecs.get(lower.codecId()).name()).isEqualTo("zstd");
      assertThat(warm.isAdaptive()).isTrue();
      assertThat(lower.isAdaptive()).isTrue();
    }
  }
}
