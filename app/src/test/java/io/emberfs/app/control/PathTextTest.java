package io.emberfs.app.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class PathTextTest {
  private static final Path MOUNT_POINT = Path.of("/data/a b");

  @Test
  void whatIsBelowAMountPointIsFoundThereAgain() {
    for (String name :
        new String[] {"f", "d/e/f", "with space", "100%", "\u00e4/\u4e16", "a:b?c#d"}) {
      Path path = MOUNT_POINT.resolve(name);
      String text = PathText.below(MOUNT_POINT, path);
      assertThat(PathText.resolve(MOUNT_POINT, text)).isEqualTo(path);
      assertThat(PathText.decoded(text).orElseThrow().getBytes(StandardCharsets.ISO_8859_1))
          .isEqualTo(name.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(PathText.below(MOUNT_POINT, MOUNT_POINT)).isEmpty();
    assertThat(PathText.resolve(MOUNT_POINT, "")).isEqualTo(MOUNT_POINT);
    assertThat(PathText.below(Path.of("/"), Path.of("/f"))).isEqualTo("f");
  }

  @Test
  void anyBytesSurvive() {
    Seeds.check(random -> {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      String path = new String(bytes, StandardCharsets.ISO_8859_1);
      assertThat(PathText.encoded(path)).matches("[!-~]*");
      assertThat(PathText.decoded(PathText.encoded(path))).contains(path);
    });
  }

  @Test
  void whatIsNoTextOfAPathIsNone() {
    for (String text : new String[] {"a b", "%", "%4", "%zz", "\u00e4", "a\n", "a?b"}) {
      assertThat(PathText.decoded(text)).as(text).isEmpty();
    }
  }
}
