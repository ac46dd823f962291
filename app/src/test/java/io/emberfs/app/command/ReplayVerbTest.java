package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.control.Json;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.persistence.state.FileStateStore;
import io.emberfs.persistence.state.RunWatch;
import io.emberfs.persistence.state.StateDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplayVerbTest {
  private static final long PID = ProcessHandle.current().pid();

  @TempDir private Path temporary;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path state;

  @BeforeEach
  void make() throws IOException {
    state = temporary.resolve("state");
    StateDirectory.open(state, temporary, new Meters()).close();
  }

  @Test
  void nothingRecordedIsSaid() {
    assertThat(replay("list")).isEqualTo(ExitCode.OK);
    assertThat(out()).isEqualTo("no start after an unclean end is recorded in " + state + "\n");
    assertThat(replay("list", "--json")).isEqualTo(ExitCode.OK);
    assertThat(out()).isEqualTo("[]\n");
  }

  @Test
  void aStartIsListedAndShownWhole() throws IOException {
    crashAndStart(41);
    crashAndStart(42);

    assertThat(replay("list")).isEqualTo(ExitCode.OK);
    assertThat(out().lines()).hasSize(3);
    assertThat(replay("show", "2")).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("start 2,", "pid " + PID, "ssdBlocks              42\n");
    assertThat(replay("show", "1", "--json")).isEqualTo(ExitCode.OK);
    assertThat(Json.read(out().strip()))
        .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
        .containsEntry("id", 1L)
        .containsEntry(
            "found", Map.of("warmPieces", 0L, "warmPiecesDamaged", 0L, "ssdBlocks", 41L));
    assertThat(replay("list", "--json")).isEqualTo(ExitCode.OK);
    assertThat(Json.read(out().strip()))
        .asInstanceOf(InstanceOfAssertFactories.list(Map.class))
        .hasSize(2);
  }

  @Test
  void aDaemonThatHasTheDirectoryDoesNotKeepItFromBeingRead() throws IOException {
    crashAndStart(1);
    try (StateDirectory _ = StateDirectory.open(state, temporary, new Meters())) {
      assertThat(replay("show", "1")).isEqualTo(ExitCode.OK);
    }
  }

  @Test
  void damagedRecordsAreSaidAndNoReasonToFail() throws IOException {
    crashAndStart(1);
    Files.writeString(state.resolve("state").resolve("starts.state"), "damaged");
    assertThat(replay("list")).isEqualTo(ExitCode.OK);
    assertThat(err()).contains("are damaged and cannot be shown");
    assertThat(out()).startsWith("no start");
  }

  @Test
  void whatCannotBeShownIsRefused() throws IOException {
    assertRefused(ExitCode.FAILED, "show", "7");
    assertRefused(ExitCode.USAGE, "show", "seven");
    assertRefused(ExitCode.USAGE, "show");
    assertRefused(ExitCode.USAGE, "rewind");
    assertRefused(ExitCode.USAGE, "list", "/mountpoint");
    assertRefused(ExitCode.USAGE);
    Path place = state;
    state = temporary.resolve("absent");
    assertRefused(ExitCode.CONFIGURATION, "list");
    state = Files.createDirectory(temporary.resolve("empty"));
    assertRefused(ExitCode.CONFIGURATION, "list");
    state = Files.writeString(temporary.resolve("file"), "x");
    assertRefused(ExitCode.CONFIGURATION, "list");
    state = place;
    assertThat(replay("list")).isEqualTo(ExitCode.OK);
  }

  private void assertRefused(ExitCode exitCode, String... arguments) {
    assertThat(replay(arguments)).isEqualTo(exitCode);
    assertThat(err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
    assertThat(out()).isEmpty();
  }

  /** A run that does not end, and a start that finds so many blocks. */
  private void crashAndStart(long blocks) throws IOException {
    try (StateDirectory directory = StateDirectory.open(state, temporary, new Meters())) {
      RunWatch _ = begin(directory);
      RunWatch next = begin(directory);
      next.findings().count("ssdBlocks", blocks);
      next.answered();
      next.close();
    }
  }

  private static RunWatch begin(StateDirectory directory) {
    Meters meters = new Meters();
    return RunWatch.begin(
        directory,
        new FileStateStore(directory.state(), FileStateStore.PIECE_BYTES_MAX, meters),
        "1",
        Clock.SYSTEM,
        meters);
  }

  private ExitCode replay(String... arguments) {
    out.reset();
    err.reset();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            temporary);
    List<String> command = new ArrayList<>(List.of("replay"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--state-dir", state.toString()));
    return new Verbs(console).run(command.toArray(String[]::new));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
