package io.emberfs.app.config;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/**
 * Directories that hold content, names or sockets: 0700 from the moment they exist, or not used at
 * all.
 */
public final class PrivateDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private PrivateDirectory() {}

  /**
   * Makes the directory and its parents where they are missing, and refuses one that others may
   * enter.
   *
   * @param what the sentence's beginning for a refusal
   */
  public static Path ensure(Path directory, String what) throws Refusal {
    try {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      check(directory, what);
      return directory;
    } catch (IOException cause) {
      throw new Refusal(
          ExitCode.PERMISSION,
          what,
          directory + " cannot be made: " + cause,
          "give a place that you may write to");
    }
  }

  private static void check(Path directory, String what) throws IOException, Refusal {
    Set<PosixFilePermission> wider =
        new HashSet<>(Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS));
    wider.removeAll(OWNER_ONLY);
    if (!wider.isEmpty()) {
      throw new Refusal(
          ExitCode.CONFIGURATION,
          what,
          directory + " is open to other users",
          "chmod 700 " + directory);
    }
    if (!Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS)
        .equals(Places.currentUserId())) {
      throw new Refusal(
          ExitCode.CONFIGURATION,
          what,
          directory + " belongs to another user",
          "give a directory of your own");
    }
  }
}
