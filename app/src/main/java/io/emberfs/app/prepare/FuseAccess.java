package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.fuse.channel.UringTransport;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether this user can mount at all.
 *
 * @param device {@code /dev/fuse}
 * @param configuration {@code /etc/fuse.conf}
 * @param uringParameter {@link UringTransport#PARAMETER}
 * @param libraries directories that hold libraries, themselves or one below
 * @param root whether root asks, who needs no helper
 */
public record FuseAccess(
    Path device, Path configuration, Path uringParameter, List<Path> libraries, boolean root) {
  private static final String LIBFUSE = "libfuse.so.2";

  public FuseAccess {
    libraries = List.copyOf(libraries);
  }

  /** This machine's. */
  public static FuseAccess system(boolean root) {
    return new FuseAccess(
        Path.of("/dev/fuse"),
        Path.of("/etc/fuse.conf"),
        Path.of(UringTransport.PARAMETER),
        List.of(Path.of("/usr/lib"), Path.of("/lib"), Path.of("/usr/lib64")),
        root);
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

  /** Whether FUSE over io_uring is there, or root can switch it on. */
  void checkUring() throws Refusal, IOException {
    if (!Files.exists(uringParameter)) {
      throw new Refusal(
          ExitCode.UNAVAILABLE,
          "cannot use --transport uring",
          uringParameter + " does not exist: this kernel has no FUSE over io_uring",
          "use Linux 6.14 or later, or give --transport auto or dev");
    }
    if (!isUringOn() && !root) {
      throw new Refusal(
          ExitCode.PERMISSION,
          "cannot use --transport uring",
          uringParameter + " is N, and only root may change that",
          "run as root, or give --transport auto or dev");
    }
  }

  /** Whether libfuse 2 is installed, and may be used. */
  void checkLibFuse() throws Refusal, IOException {
    if (!root) {
      throw new Refusal(
          ExitCode.PERMISSION,
          "cannot use --transport jnr",
          "only root may mount with it",
          "run as root, or give --transport auto");
    }
    for (Path directory : libraries) {
      if (Files.isDirectory(directory) && holdsLibFuse(directory)) {
        return;
      }
    }
    throw new Refusal(
        ExitCode.UNAVAILABLE,
        "cannot use --transport jnr",
        LIBFUSE + " is not installed",
        "apt-get install -y --no-install-recommends libfuse2, or give --transport auto");
  }

  private static boolean holdsLibFuse(Path directory) throws IOException {
    if (Files.exists(directory.resolve(LIBFUSE))) {
      return true;
    }
    try (DirectoryStream<Path> below = Files.newDirectoryStream(directory, Files::isDirectory)) {
      for (Path each : below) {
        if (Files.exists(each.resolve(LIBFUSE))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Switches FUSE over io_uring on, for every mount of this machine from now on.
   *
   * @return whether it was off
   * @throws IOException if that is refused
   */
  public boolean switchUringOn() throws IOException {
    if (isUringOn()) {
      return false;
    }
    Files.writeString(uringParameter, "Y");
    return true;
  }

  /** Switches it off again. */
  public void switchUringOff() throws IOException {
    Files.writeString(uringParameter, "N");
  }

  private boolean isUringOn() throws IOException {
    return Files.readString(uringParameter).strip().equals("Y");
  }

  private boolean othersAllowed() throws IOException {
    return Files.isReadable(configuration)
        && Files.readAllLines(configuration).stream()
            .anyMatch(line -> line.strip().equals("user_allow_other"));
  }
}
