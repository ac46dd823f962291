package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a Java of its own: it takes standard output and error away. */
final class JavaMessagesTest {
  private static final int OUT_OF_MEMORY_EXIT = 3;

  @TempDir private Path temp;

  @Test
  void aDaemonThatEndsForWantOfMemorySaysSoInItsFile() throws Exception {
    Path file = temp.resolve("java.log");
    assertThat(exitCodeOfHungryProcess(file)).isEqualTo(OUT_OF_MEMORY_EXIT);
    assertThat(file).content().contains("java.lang.OutOfMemoryError");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void theNextDaemonPutsTheMessagesAside() throws Exception {
    Path file = Files.writeString(temp.resolve("java.log"), "#\n# an earlier message\n");
    exitCodeOfHungryProcess(file);
    assertThat(temp.resolve("java.log.1")).hasContent("#\n# an earlier message\n");
    assertThat(file).content().doesNotContain("an earlier message");
  }

  private static int exitCodeOfHungryProcess(Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx16m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Hungry.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    String before = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(before).as("what it said elsewhere").doesNotContain("OutOfMemoryError");
    return process.waitFor();
  }

  /** Takes memory until there is none left. */
  static final class Hungry {
    public static void main(String[] arguments) throws IOException {
      JavaMessages.goTo(Path.of(arguments[0]));
      List<long[]> taken = new ArrayList<>();
      while (true) {
        taken.add(new long[1 << 16]);
      }
    }
  }
}
