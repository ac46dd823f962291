package io.emberfs.app.registry;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.core.BackingException;
import io.emberfs.ffi.MountTable;
import io.emberfs.fuse.mount.MountPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What stands at a place: nothing, a living mount, or one whose daemon has died. */
public final class MountPoints {
  private static final int PROBE_SECONDS_MAX = 2;

  private final KnownMounts knownMounts;

  public MountPoints(KnownMounts knownMounts) {
    this.knownMounts = knownMounts;
  }

  /**
   * The absolute path without symbolic links, found without touching the place itself: asking a
   * dead mount for anything fails, and asking a stuck one never ends.
   */
  public static Path canonical(Path given) throws IOException {
    Path absolute = given.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path name = absolute.getFileName();
    if (parent == null || name == null) {
      return absolute;
    }
    Path plain = parent.toRealPath().resolve(name);
    // What something is mounted on is no link, and looking would ask what is mounted.
    if (MountTable.read().at(plain.toString()).isPresent()) {
      return plain;
    }
    return Files.isSymbolicLink(plain) ? plain.toRealPath() : plain;
  }

  /** All mounts, living and dead; records of mounts that are gone are forgotten. */
  public List<Mount> all() throws IOException {
    MountTable table = MountTable.read();
    List<Mount> mounts = new ArrayList<>();
    for (MountRecord known : knownMounts.all()) {
      boolean alive = known.process().isAlive();
      if (alive || isOwn(table, known.mountPoint())) {
        mounts.add(
            new Mount(
                known.mountPoint(),
                known.backing().toString(),
                Optional.of(known),
                alive ? State.LIVE : State.DEAD));
      } else {
        knownMounts.remove(known);
      }
    }
    for (MountTable.Mount entry : table.mounts()) {
      Path place = Path.of(entry.mountPoint());
      if (entry.type().equals(MountPoint.TYPE)
          && mounts.stream().noneMatch(mount -> mount.mountPoint().equals(place))) {
        mounts.add(
            new Mount(
                place,
                entry.source(),
                Optional.empty(),
                isDisconnected(place) ? State.DEAD : State.LIVE));
      }
    }
    return mounts;
  }

  /** The mount at a canonical path. */
  public Optional<Mount> at(Path mountPoint) throws IOException {
    return all().stream().filter(mount -> mount.mountPoint().equals(mountPoint)).findFirst();
  }

  /**
   * Takes a dead mount out of the mount table and forgets it; who still waits for it gets an error.
   */
  public void detachDead(Mount mount) throws IOException, Refusal {
    Path mountPoint = mount.mountPoint();
    try {
      if (isMounted(mountPoint)) {
        MountPoint.detach(mountPoint.toString());
      }
    } catch (BackingException failed) {
      throw new Refusal(
          ExitCode.FAILED,
          mountPoint + " is a dead mount",
          "it could not be detached: " + failed.getMessage(),
          "emberfs umount " + mountPoint + " as the user who mounted it, or umount -l as root");
    }
    if (mount.known().isPresent()) {
      knownMounts.remove(mount.known().get());
    }
  }

  /** Whether the kernel shows a mount of this file system at a canonical path. */
  public static boolean isMounted(Path mountPoint) throws IOException {
    return isOwn(MountTable.read(), mountPoint);
  }

  private static boolean isOwn(MountTable table, Path mountPoint) {
    return table
        .at(mountPoint.toString())
        .filter(mount -> mount.type().equals(MountPoint.TYPE))
        .isPresent();
  }

  /**
   * Whether the kernel says that nobody serves the mount; asked by a process of its own, which a
   * stuck mount may keep.
   */
  private static boolean isDisconnected(Path mountPoint) throws IOException {
    Process process =
        quietly(
            "sh",
            "-c",
            "LC_ALL=C stat -- \"$1\" 2>&1 | grep -qE '"
                + "endpoint is not connected|connection abort|Operation canceled'",
            "sh",
            mountPoint.toString());
    return isZeroWithin(process, PROBE_SECONDS_MAX);
  }

  private static Process quietly(String... command) throws IOException {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static boolean isZeroWithin(Process process, int secondsMax) {
    try {
      return process.waitFor(secondsMax, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      process.destroy();
    }
  }

  /** Whether the daemon of a mount is there. */
  public enum State {
    LIVE,
    DEAD
  }

  /**
   * One mount.
   *
   * @param mountPoint canonical
   * @param backing canonical; of another user's mount, as the mount table shows it
   * @param known what was written down about it; empty if another user made the mount, or if that
   *     was lost
   * @param state whether its daemon is there
   */
  public record Mount(Path mountPoint, String backing, Optional<MountRecord> known, State state) {}
}
