package io.emberfs.system;

import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A user without root: the one of the user table that owns nothing, with a home of its own in a
 * rig, and the launcher at a place that everybody may enter.
 *
 * <p>While it is there everybody may open the FUSE device, as on an ordinary system; afterwards it
 * is as it was.
 */
final class OrdinaryUser implements AutoCloseable {
  /** {@code nobody}: {@code fusermount3} wants the name of whoever calls it. */
  static final int ID = 65534;

  private static final Path DEVICE = Path.of("/dev/fuse");

  private final Path home;
  private final Path tree;
  private final Set<PosixFilePermission> deviceModeBefore;

  private OrdinaryUser(Path home, Path tree, Set<PosixFilePermission> deviceModeBefore) {
    this.home = home;
    this.tree = tree;
    this.deviceModeBefore = deviceModeBefore;
  }

  /** Gives the rig's backing and mount point to the user; the tree cannot be written to. */
  static OrdinaryUser in(Rig rig) throws IOException, InterruptedException {
    Path home = rig.newDirectory("home");
    own(home);
    own(rig.backing());
    own(rig.mountPoint());
    Path tree = rig.newDirectory("tree");
    Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path original = Path.of(Emberfs.launcherPath()).getParent();
    Program.succeed("mount", "--bind", original.toString(), tree.toString());
    Set<PosixFilePermission> before = Files.getPosixFilePermissions(DEVICE);
    Files.setPosixFilePermissions(DEVICE, PosixFilePermissions.fromString("rw-rw-rw-"));
    return new OrdinaryUser(home, tree, before);
  }

  /** Gives a directory to the user, for whom alone it is from now on. */
  static void own(Path directory) throws IOException {
    Files.setAttribute(directory, "unix:uid", ID);
    Files.setAttribute(directory, "unix:gid", ID);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }

  Path home() {
    return home;
  }

  /** The launcher, at the place that the user may enter. */
  Path launcher() {
    return tree.resolve("emberfs");
  }

  /** Runs the launcher. */
  Outcome emberfs(String... arguments) throws IOException, InterruptedException {
    return emberfs(Arrays.asList(arguments));
  }

  Outcome emberfs(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher().toString()));
    command.addAll(arguments);
    return run(command);
  }

  /** Mounts, with places below the user's home where nothing else is said. */
  Mount mount(Rig rig, String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("mount", "--json", "--ram", "64M"));
    command.addAll(List.of(rig.backing().toString(), rig.mountPoint().toString()));
    command.addAll(Arrays.asList(options));
    return rig.adopt(Mount.announced(emberfs(command).succeeded().out()));
  }

  /** Runs a shell script in a directory. */
  Outcome shell(Path place, String script) throws IOException, InterruptedException {
    return run(List.of("sh", "-e", "-c", "cd \"$0\"; " + script, place.toString()));
  }

  Outcome run(List<String> arguments) throws IOException, InterruptedException {
    return Program.of(commandOf(arguments)).run();
  }

  /** What root runs so that the user runs these arguments. */
  List<String> commandOf(List<String> arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--reuid=" + ID,
                "--regid=" + ID,
                "--clear-groups",
                "env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL=C.UTF-8",
                "HOME=" + home,
                "XDG_RUNTIME_DIR=" + home));
    command.addAll(arguments);
    return command;
  }

  @Override
  public void close() throws IOException {
    Files.setPosixFilePermissions(DEVICE, deviceModeBefore);
  }
}
