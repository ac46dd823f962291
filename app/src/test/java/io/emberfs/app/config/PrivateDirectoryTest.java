package io.emberfs.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.Refusal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrivateDirectoryTest {
  @TempDir private Path temp;

  @Test
  void missingDirectoriesAreMadeForTheOwnerOnly() throws Exception {
    Path made = PrivateDirectory.ensure(temp.resolve("a/b"), "cannot test");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwx------");
  }

  @Test
  void aDirectoryThatOthersMayEnterIsRefused() throws Exception {
    Path wide = Files.createDirectory(temp.resolve("wide"));
    Files.setPosixFilePermissions(wide, PosixFilePermissions.fromString("rwx--x---"));
    assertThatThrownBy(() -> PrivateDirectory.ensure(wide, "cannot test"))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("open to other users");
  }

  @Test
  void aPlaceBelowAFileIsRefused() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));
    assertThatThrownBy(() -> PrivateDirectory.ensure(file.resolve("below"), "cannot test"))
        .isInstanceOf(Refusal.class);
  }
}
