package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether this user can mount at all.
 *
 * @param device {@code /dev/fuse}
 * @param configuration {@code /etc/fuse.conf}
 * @param root whether root asks, who needs no helper
 */
public record FuseAccess(Path device, Path configuration, boolean root) {
  /** This machine's. */
  public static FuseAccess system(boolean root) {
    return new FuseAccess(Path.of("/dev/fuse"), Path.of("/etc/fuse.conf"), root);
  }

  void check(String what, boolean allowOther) throws Refusal, IOException {
    if (!Files.exists(device)) {
      throw new Refusal(
          ExitCode.UNAVAILABLE,
          what,
          device + " does not exist",
          "modprobe fuse; in a container, give it the device and the capability SYS_ADMIN");
    }
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      throw new Refusal(
          ExitCode.PERMISSION,
          what,
          device + " may not be opened",
          "run as root, or chmod 666 " + device);
    }
    if (allowOther && !root && !othersAllowed()) {
      throw new Refusal(
          ExitCode.PERMISSION,
          "cannot use --allow-other",
          "it needs user_allow_other in " + configuration,
          "run as root, or add that line");
    }
  }

  private boolean othersAllowed() throws IOException {
    return Files.isReadable(configuration)
        && Files.readAllLines(configuration).stream()
            .anyMatch(line -> line.strip().equals("user_allow_other"));
  }
}
