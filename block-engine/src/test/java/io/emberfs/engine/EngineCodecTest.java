package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.GzipCodec;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.codec.SnappyCodec;
import io.emberfs.engine.codec.ZstdCodec;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What lies below RAM stays readable, whatever it was and is compressed with. */
final class EngineCodecTest {
  private static final int BLOCK = 64 << 10;
  private static final int SIZE = 8 * BLOCK;

  private final EngineFixture engine = new EngineFixture(BLOCK, 4 << 20, 16 << 20);

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void blocksBelowRamAreServedUnderEveryOtherChoice() {
    List<CodecChoice> choices =
        List.of(
            CodecChoice.of(ZstdCodec.ID),
            CodecChoice.of(GzipCodec.ID),
            CodecChoice.of(SnappyCodec.ID),
            CodecChoice.adaptive(ZstdCodec.ID),
            CodecChoice.NONE);
    List<Integer> codecs =
        List.of(Lz4Codec.ID, ZstdCodec.ID, GzipCodec.ID, SnappyCodec.ID, ZstdCodec.ID);
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      byte[] content = compressible(i);
      contents.add(content);
      engine.store().changeBehind("f" + i, content);
      engine.passYouth();
      CachedFile file = engine.open("f" + i);
      assertThat(engine.read(file, 0, SIZE)).isEqualTo(content);
      engine.close(file);
      engine.runRoles();
      assertThat(codecsBelow()).contains(codecs.get(i));

      engine.chooseCodec(choices.get(i));
      engine.restart(true);
      for (int earlier = 0; earlier <= i; earlier++) {
        CachedFile again = engine.open("f" + earlier);
        assertThat(engine.read(again, 0, SIZE)).isEqualTo(contents.get(earlier));
        engine.close(again);
      }
      assertThat(engine.counter("backing.reads")).isZero();
      assertThat(engine.counter("integrity.checksumFailures")).isZero();
    }
    assertThat(codecsBelow())
        .contains(Lz4Codec.ID, ZstdCodec.ID, GzipCodec.ID, SnappyCodec.ID)
        .doesNotContain(NoneCodec.ID);
  }

  @Test
  void ofAFileThatDoesNotShrinkHardlyAnyBlockIsTried() {
    engine.chooseCodec(CodecChoice.adaptive(ZstdCodec.ID));
    engine.restart(true);
    byte[] noise = new byte[32 * BLOCK];
    Seeds.random(2).nextBytes(noise);
    engine.store().changeBehind("film", noise);
    engine.passYouth();

    CachedFile file = engine.open("film");
    assertThat(engine.read(file, 0, noise.length)).isEqualTo(noise);
    engine.close(file);
    engine.runRoles();

    assertThat(engine.ssdBlocks()).isEqualTo(32);
    assertThat(codecsBelow()).containsExactly(NoneCodec.ID);
    assertThat(engine.counter("compress.tried")).isZero();
    assertThat(engine.counter("compress.skipped")).isEqualTo(32);
  }

  private TreeSet<Integer> codecsBelow() {
    TreeSet<Integer> codecs = new TreeSet<>();
    engine.ssd().forEachMeta(meta -> codecs.add(meta.codecId()) || true);
    return codecs;
  }

  /** Half noise, half zeros, in pieces of a kilobyte. */
  private static byte[] compressible(int seed) {
    byte[] content = new byte[SIZE];
    Seeds.random(seed).nextBytes(content);
    for (int i = 0; i < SIZE; i += 2048) {
      Arrays.fill(content, i, i + 1024, (byte) 0);
    }
    return content;
  }
}
