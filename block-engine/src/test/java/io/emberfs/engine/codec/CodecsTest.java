package io.emberfs.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CodecsTest {
  @Test
  void codecsAreFoundByTheIdThatStandsInBlocks() {
    Codecs codecs = Codecs.standard();

    assertThat(codecs.get(0).name()).isEqualTo("none");
    assertThat(codecs.get(1).name()).isEqualTo("lz4");
    assertThat(codecs.get(2).name()).isEqualTo("zstd");
    assertThat(codecs.get(3).name()).isEqualTo("gzip");
    assertThat(codecs.get(4).name()).isEqualTo("snappy");
  }

  @Test
  void anUnknownIdIsAnAnswerOfItsOwn() {
    assertThat(Codecs.standard().find(77)).isNull();
    assertThatThrownBy(() -> Codecs.standard().get(77)).hasMessageContaining("77");
  }

  @Test
  void twoCodecsOfOneIdAreRefused() {
    assertThatThrownBy(() -> new Codecs(List.of(new NoneCodec(), new NoneCodec())))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
