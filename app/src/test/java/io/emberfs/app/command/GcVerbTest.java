package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.control.Json;
import io.emberfs.core.Meters;
import io.emberfs.persistence.state.KeptState;
import io.emberfs.persistence.state.StateDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GcVerbTest {
  @TempDir private Path temporary;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path home;

  @BeforeEach
  void make() throws IOException {
    home = Files.createDirectory(temporary.resolve("home"));
  }

  @Test
  void aStateWhoseBackingIsGoneIsRemovedAndTheOthersStay() throws IOException {
    Path gone = state("gone", false);
    Path needed = state("needed", true);
    Files.write(gone.resolve("state").resolve("large"), new byte[100_000]);
    age(gone, Duration.ofDays(8));
    age(needed, Duration.ofDays(8));

    assertThat(gc()).isEqualTo(ExitCode.OK);

    assertThat(gone).doesNotExist();
    assertThat(needed.resolve("format")).exists();
    assertThat(out()).contains(gone.toString(), "its backing is gone", "removed 9");
  }

  @Test
  void aBackingThatIsNotThereTodayMayBeMountedTomorrow() throws IOException {
    Path away = state("away", false);
    age(away, Duration.ofDays(6));

    assertThat(gc()).isEqualTo(ExitCode.OK);

    assertThat(away.resolve("format")).exists();
    assertThat(out()).startsWith("nothing to remove");
    assertThat(gc("--older-than", "5d")).isEqualTo(ExitCode.OK);
    assertThat(away).doesNotExist();
  }

  @Test
  void aDryRunListsAndRemovesNothing() throws IOException {
    Path gone = state("gone", false);
    age(gone, Duration.ofDays(8));

    assertThat(gc("--dry-run", "--json")).isEqualTo(ExitCode.OK);

    assertThat(gone.resolve("format")).exists();
    assertThat(Json.read(out().strip()))
        .asInstanceOf(InstanceOfAssertFactories.list(Map.class))
        .hasSize(1)
        .first(InstanceOfAssertFactories.map(String.class, Object.class))
        .containsEntry("directory", gone.toString())
        .containsEntry("outcome", "would be removed")
        .containsEntry("reason", "its backing is gone");
  }

  @Test
  void whatNoMountHasUsedForLongGoesOnlyWhenAskedFor() throws IOException {
    Path old = state("old", true);
    Path young = state("young", true);
    age(old, Duration.ofDays(40));
    assertThat(gc()).isEqualTo(ExitCode.OK);
    assertThat(old).exists();

    assertThat(gc("--older-than", "30d")).isEqualTo(ExitCode.OK);

    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void oneThatADaemonHasIsLeftAlone() throws Exception {
    Path used = state("used", false);
    Process daemon = locking(used);
    try {
      assertThat(gc("--older-than", "0m")).isEqualTo(ExitCode.OK);
      assertThat(used.resolve("format")).exists();
      assertThat(KeptState.look(used).orElseThrow().remove()).isEqualTo(KeptState.Removal.IN_USE);
      assertThat(used.resolve("format")).exists();
    } finally {
      daemon.destroyForcibly().waitFor();
    }
    assertThat(gc("--older-than", "0m")).isEqualTo(ExitCode.OK);
    assertThat(used).doesNotExist();
  }

  @Test
  void oneWithAJournalIsNeverRemoved() throws IOException {
    Path journaled = state("journaled", false);
    Files.createDirectory(journaled.resolve("journal"));
    Files.write(journaled.resolve("journal").resolve("1"), new byte[10]);

    assertThat(gc("--older-than", "0m")).isEqualTo(ExitCode.OK);

    assertThat(journaled.resolve("journal").resolve("1")).exists();
    assertThat(KeptState.look(journaled).orElseThrow().remove())
        .isEqualTo(KeptState.Removal.HAS_JOURNAL);
    assertThat(journaled.resolve("format")).exists();
  }

  @Test
  void whatIsNoStateDirectoryIsLeftAloneAndNoLinkIsFollowed() throws IOException {
    Path foreign = Files.createDirectory(home.resolve("foreign"));
    Files.writeString(foreign.resolve("format"), "mine");
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    Files.writeString(outside.resolve("file"), "stays");
    Path gone = state("gone", false);
    Files.createSymbolicLink(gone.resolve("state").resolve("link"), outside);
    Files.createSymbolicLink(home.resolve("link"), state("elsewhere", true));

    assertThat(gc("--older-than", "0m")).isEqualTo(ExitCode.OK);

    assertThat(gone).doesNotExist();
    assertThat(outside.resolve("file")).exists();
    assertThat(foreign.resolve("format")).exists();
    assertThat(home.resolve("link")).isSymbolicLink();
  }

  @Test
  void anAgeThatIsNoneIsRefused() {
    assertThat(gc("--older-than", "soon")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "emberfs: cannot use --older-than soon: it is not an age\n"
                + "fix: give a number with m, h or d, such as 90m, 12h, 30d\n");
  }

  /** Makes a state directory look as if nobody had used it since. */
  private static void age(Path state, Duration age) throws IOException {
    FileTime past = FileTime.from(Instant.now().minus(age));
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, past);
      }
    }
  }

  /** The state directory of a backing that is there, or gone since. */
  private Path state(String name, boolean hasBacking) throws IOException {
    Path backing = Files.createDirectory(temporary.resolve("backing-" + name));
    Path directory = home.resolve(name);
    StateDirectory.open(directory, backing, new Meters()).close();
    if (!hasBacking) {
      Files.delete(backing);
    }
    return directory;
  }

  /** A process that holds the lock of a state directory until it is ended. */
  private static Process locking(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                "perl",
                "-e",
                "use Fcntl; open(my $f, '+<', $ARGV[0]) or die $!;"
                    + " my $all = pack('s s x4 q q i x4', F_WRLCK, 0, 0, 0, 0);"
                    + " fcntl($f, F_SETLK, $all) or die $!;"
                    + " $| = 1; print \"locked\\n\"; sleep 600;",
                directory.resolve("lock").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("locked");
    return process;
  }

  private ExitCode gc(String... options) {
    out.reset();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            temporary);
    return new Verbs(console)
        .run(
            Stream.concat(Stream.of("gc", home.toString()), Stream.of(options))
                .toArray(String[]::new));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
