package io.emberfs.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlacesTest {
  private static final int OTHER_USER = 54321;

  @TempDir private Path temp;

  @Test
  void rootsPlacesAreTheSystemsWhateverTheEnvironmentSays() {
    assertThat(Places.of(Map.of("HOME", "/home/me", "XDG_CACHE_HOME", "/x"), 0))
        .isEqualTo(
            new Places(
                Path.of("/var/cache/emberfs"),
                Path.of("/var/lib/emberfs/mounts"),
                Path.of("/run/emberfs")));
  }

  @Test
  void aUsersPlacesAreBelowItsHome() {
    Places places = Places.of(Map.of("HOME", "/home/me"), OTHER_USER);
    assertThat(places.cacheHome()).isEqualTo(Path.of("/home/me/.cache/emberfs"));
    assertThat(places.knownMounts()).isEqualTo(Path.of("/home/me/.local/state/emberfs/mounts"));
    assertThat(places.runDirectory()).isEqualTo(Path.of("/tmp/emberfs-54321"));
  }

  @Test
  void theEnvironmentNamesThem() throws IOException {
    if (Places.isRoot()) {
      Files.setAttribute(temp, "unix:uid", OTHER_USER);
    }
    Places places =
        Places.of(
            Map.of(
                "HOME", "/home/me",
                "XDG_CACHE_HOME", "/c",
                "XDG_STATE_HOME", "/s",
                "XDG_RUNTIME_DIR", temp.toString()),
            ownerOf(temp));
    assertThat(places.cacheHome()).isEqualTo(Path.of("/c/emberfs"));
    assertThat(places.knownMounts()).isEqualTo(Path.of("/s/emberfs/mounts"));
    assertThat(places.runDirectory()).isEqualTo(temp.resolve("emberfs"));
  }

  private static int ownerOf(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid");
  }

  /** As after su(1). */
  @Test
  void aRuntimeDirectoryOfAnotherUserIsNotTaken() {
    assertThat(Places.of(Map.of("XDG_RUNTIME_DIR", "/proc"), OTHER_USER).runDirectory())
        .isEqualTo(Path.of("/tmp/emberfs-54321"));
  }

  @Test
  void whatIsNotAnAbsolutePathIsNotTaken() {
    assertThat(Places.of(Map.of("HOME", "/h", "XDG_CACHE_HOME", "c"), OTHER_USER).cacheHome())
        .isEqualTo(Path.of("/h/.cache/emberfs"));
  }
}
