package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VerbsTest {
  @TempDir private Path temp;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void anUnknownCommandIsRefusedWithTheNearestOne() {
    assertThat(run("mout")).isEqualTo(ExitCode.USAGE);
    assertThat(err())
        .isEqualTo("emberfs: cannot do mout: no such command\nfix: did you mean mount?\n");
  }

  @Test
  void anUnknownOptionIsRefusedWithTheNearestOne() {
    assertThat(run("mount", "--rem", "1G", "/a", "/b")).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("unknown option").contains("fix: did you mean --ram");
  }

  @Test
  void missingPathsAreNamed() {
    assertThat(run("mount", "/a")).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("MOUNTPOINT");
  }

  @Test
  void whatIsNotMountedIsSaidSo() {
    for (String verb : new String[] {"umount", "stats", "drop", "scrub"}) {
      assertThat(run(verb, temp.toString())).isEqualTo(ExitCode.NOT_MOUNTED);
    }
    assertThat(run("umount", temp.resolve("missing/deep").toString()))
        .isEqualTo(ExitCode.NOT_MOUNTED);
    assertThat(out()).isEmpty();
  }

  @Test
  void aScrubThatWouldNeverEndIsRefused() {
    assertThat(run("scrub", temp.toString(), "--rate", "0")).isEqualTo(ExitCode.USAGE);
    assertThat(err())
        .isEqualTo(
            "emberfs: cannot use --rate 0: nothing would ever be verified\n"
                + "fix: give at least 1, such as 50M\n");
  }

  @Test
  void helpGoesToStandardOutput() {
    assertThat(run("mount", "--help")).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("--ram=SIZE", "--state-dir=DIR").doesNotContain("--delay-backing");
    assertThat(err()).isEmpty();
  }

  @Test
  void aWrongMountIsRefusedInThreeParts() {
    assertThat(run("mount", temp.resolve("nothing").toString(), temp.toString()))
        .isEqualTo(ExitCode.FAILED);
    assertThat(err())
        .startsWith("emberfs: cannot mount on " + temp + ": the backing ")
        .contains("\nfix: ");
  }

  private ExitCode run(String... arguments) {
    return new Verbs(
            new Console(
                new PrintStream(out),
                new PrintStream(err),
                Map.of("HOME", temp.toString()),
                Path.of("/")))
        .run(arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
