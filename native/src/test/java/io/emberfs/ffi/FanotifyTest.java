package io.emberfs.ffi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FanotifyTest {
  private static final int WAIT_MILLIS = 5_000;

  @TempDir Path folder;
  private final Fanotify events = Fanotify.open();
  private int directory;

  @BeforeEach
  void watch() {
    directory = FileCalls.openDirectoryPath(bytes(folder.toString()));
    assertThat(events.watch(directory)).isZero();
  }

  @AfterEach
  void close() {
    events.close();
    FileCalls.close(directory);
  }

  @Test
  void whatAnotherProcessDoesIsToldWithDirectoryNameAndProcess() throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", "echo a > new").directory(folder.toFile()).start();
    assertThat(shell.waitFor()).isZero();

    assertThat(events.await(WAIT_MILLIS)).isTrue();
    List<String> seen = new ArrayList<>();
    while (events.next()) {
      assertThat(events.isOverflow()).isFalse();
      assertThat(events.key()).isEqualTo(Fanotify.keyOf(directory));
      assertThat(events.process()).isEqualTo((int) shell.pid());
      seen.add(
          new String(events.name(), StandardCharsets.UTF_8)
              + (events.isOfNames() ? " name" : "")
              + (events.isOfContent() ? " content" : ""));
    }
    assertThat(String.join(", ", seen)).contains("new name").contains("content");
  }

  @Test
  void whatThisProcessDoesIsToldAsItsOwn() throws IOException {
    Files.writeString(folder.resolve("own"), "x");

    assertThat(events.await(WAIT_MILLIS)).isTrue();
    assertThat(events.next()).isTrue();
    assertThat(events.process()).isEqualTo((int) ProcessHandle.current().pid());
  }

  @Test
  void aChangeOfTheDirectoryItselfHasNoName() throws Exception {
    Process chmod = new ProcessBuilder("chmod", "711", folder.toString()).start();
    assertThat(chmod.waitFor()).isZero();

    assertThat(events.await(WAIT_MILLIS)).isTrue();
    assertThat(events.next()).isTrue();
    assertThat(events.name()).isEmpty();
    assertThat(events.isOfContent()).isTrue();
  }

  @Test
  void moreEventsThanOneReadTakesAreAllTold() throws IOException {
    for (int i = 0; i < 3000; i++) {
      Files.createFile(folder.resolve("a name that is not short at all, number " + i));
    }
    int count = 0;
    while (events.next()) {
      count++;
    }
    assertThat(count).isEqualTo(3000);
  }

  @Test
  void nothingIsToldOfADirectoryThatIsNoLongerWatched() throws IOException {
    assertThat(events.unwatch(directory)).isZero();
    Files.createFile(folder.resolve("unheard"));

    assertThat(events.await(0)).isFalse();
    assertThat(events.next()).isFalse();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
