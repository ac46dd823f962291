package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UncachedReaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path temp;

  /** To open a pipe for reading waits until somebody writes. */
  @Test
  void whatBecameAPipeOrALinkToOneIsLeftAlone() throws Exception {
    Path pipe = temp.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path link = Files.createSymbolicLink(temp.resolve("link"), pipe);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          UncachedReader.read(pipe, 1 << 20);
          UncachedReader.read(link, 1 << 20);
        });
  }
}
