package io.emberfs.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one test works with: an empty backing directory, a mount point, a state directory, and the
 * mounts and volumes that it makes. All of it ends with the test, in whatever state the test leaves
 * it.
 */
final class Rig implements AutoCloseable {
  private static final int LOG_BYTES_MAX = 6000;
  private static final String RAM = "64M";

  private final Path directory;
  private final Path backing;
  private final Path mountPoint;
  private final Path stateDirectory;
  private final List<Mount> mounts = new ArrayList<>();
  private final List<LoopVolume> volumes = new ArrayList<>();

  Rig(Path directory) throws IOException {
    this.directory = directory;
    backing = Files.createDirectory(directory.resolve("backing"));
    mountPoint = Files.createDirectory(directory.resolve("mnt"));
    stateDirectory = directory.resolve("state");
  }

  /** A directory of this test for anything else; each call makes another one. */
  Path newDirectory(String name) throws IOException {
    return Files.createTempDirectory(directory, name + "-");
  }

  Path backing() {
    return backing;
  }

  Path mountPoint() {
    return mountPoint;
  }

  /** Not made yet: the first mount makes it. */
  Path stateDirectory() {
    return stateDirectory;
  }

  /** Mounts the backing on the mount point. */
  Mount mount(String... options) throws IOException, InterruptedException {
    return mountOf(backing, stateDirectory, options);
  }

  /** Mounts another backing on the mount point. */
  Mount mountOf(Path otherBacking, Path otherState, String... options)
      throws IOException, InterruptedException {
    return mountAt(otherBacking, mountPoint, otherState, options);
  }

  /** Mounts anything anywhere. */
  Mount mountAt(Path source, Path target, Path state, String... options)
      throws IOException, InterruptedException {
    Mount mount =
        Mount.announced(
            Emberfs.run(mountCommand(source, target, state, options)).succeeded().out());
    mounts.add(mount);
    return mount;
  }

  /** Starts a mount and kills it in the middle of its start, or soon after it. */
  void killInStart(Duration after, String... options) throws IOException, InterruptedException {
    Process client =
        Emberfs.start(List.copyOf(mountCommand(backing, mountPoint, stateDirectory, options)));
    Waiting.pause(after);
    client.destroyForcibly().waitFor();
    String state = stateDirectory.toString();
    List<ProcessHandle> daemons =
        ProcessHandle.allProcesses()
            .filter(each ->
                Arrays.asList(each.info().arguments().orElse(new String[0])).contains(state))
            .toList();
    daemons.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle daemon : daemons) {
      daemon.onExit().join();
    }
    if (!SystemTables.mountPointsBelow(mountPoint).isEmpty()) {
      Program.succeed("umount", "--lazy", "--", mountPoint.toString());
    }
  }

  /** The arguments of a mount. */
  static List<String> mountCommand(Path source, Path target, Path state, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "mount",
                "--json",
                source.toString(),
                target.toString(),
                "--state-dir",
                state.toString()));
    command.addAll(Arrays.asList(options));
    if (!command.contains("--ram")) {
      // The default is a share of the machine's memory: more than a test needs to set up.
      command.addAll(List.of("--ram", RAM));
    }
    return command;
  }

  /** Takes over the end of a mount that was made in another way. */
  Mount adopt(Mount mount) {
    mounts.add(mount);
    return mount;
  }

  /** A file system of its own, ext4 on a loop device. */
  LoopVolume volume(String name, int megabytes) throws IOException, InterruptedException {
    LoopVolume volume =
        LoopVolume.make(directory.resolve(name + ".img"), newDirectory(name), megabytes);
    volumes.add(volume);
    return volume;
  }

  /** The ends of the daemons' logs. */
  String logs() throws IOException, InterruptedException {
    StringBuilder text = new StringBuilder("logs of the daemons:\n");
    List<String> find =
        List.of("find", directory.toString(), "-xdev", "-maxdepth", "3", "-name", "emberfs.log");
    // A mount of somebody else is not to be looked into, and that is no failure here.
    for (String name : Program.of(find).run().out().lines().toList()) {
      byte[] bytes = Files.readAllBytes(Path.of(name));
      int from = Math.max(0, bytes.length - LOG_BYTES_MAX);
      text.append(name).append('\n');
      text.append(new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Mount mount : mounts.reversed()) {
      if (mount.isServed()) {
        mount.kill();
      }
      while (!SystemTables.mountPointsBelow(mount.path()).isEmpty()) {
        Program.succeed("umount", "--lazy", "--", mount.path().toString());
      }
    }
    for (LoopVolume volume : volumes) {
      volume.close();
    }
    TestArea.remove(directory);
  }
}
