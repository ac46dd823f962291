package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.Places;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.app.prepare.MountArguments.Choices;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountPoints.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The checks of a mount, in the order in which a person would ask. */
public final class MountPreparation {
  private static final int DELAY_SECONDS_MAX = 10;

  private final Places places;
  private final MountPoints mountPoints;
  private final FuseAccess fuseAccess;
  private final MachineMemory memory;

  public MountPreparation(
      Places places, MountPoints mountPoints, FuseAccess fuseAccess, MachineMemory memory) {
    this.places = places;
    this.mountPoints = mountPoints;
    this.fuseAccess = fuseAccess;
    this.memory = memory;
  }

  /**
   * Checks, detaches a dead mount at the mount point, and gives the configuration.
   *
   * @throws Refusal at the first thing that is wrong; nothing was changed then
   */
  public MountConfiguration prepare(MountArguments arguments) throws Refusal, IOException {
    Choices choices = arguments.choices();
    ChoiceReader.checkServed(choices);
    boolean extendedAttributes = ChoiceReader.onOrOff("--xattr", choices.extendedAttributes());
    String what = "cannot mount on " + arguments.mountPoint();
    Path backing = existingBacking(arguments.backing(), what);
    Path mountPoint = mountPointOf(arguments.mountPoint(), what);
    refuseNesting(backing, mountPoint, what);
    Path stateDirectory = stateDirectory(arguments, backing, mountPoint, what);
    TierBudgets budgets = TierBudgets.of(arguments.ram(), arguments.ssd(), memory, stateDirectory);
    MountConfiguration configuration =
        new MountConfiguration(
            backing,
            mountPoint,
            stateDirectory,
            budgets.ramBytes(),
            budgets.ssdBytes(),
            ChoiceReader.blockSize(choices.blockSize()),
            ChoiceReader.compression(choices.compress()),
            ChoiceReader.policy(choices.policy()),
            ChoiceReader.onOrOff("--prefetch", choices.prefetch()),
            TimeSpan.parse("--attr-ttl", choices.attributeTtl()),
            ChoiceReader.kernelCache(choices.kernelCache()),
            extendedAttributes,
            ChoiceReader.onOrOff("--acl", choices.acl()) && extendedAttributes,
            ChoiceReader.transport(choices.transport()),
            ChoiceReader.restoreWarm(choices.warm()),
            ChoiceReader.flags(arguments, Places.isRoot()),
            TimeSpan.parse("--wait", choices.waitMax()),
            delay(choices.backingDelay()));
    ChoiceReader.checkTogether(configuration.transport(), configuration.kernelCache());
    fuseAccess.check(what, arguments.allowOther());
    switch (configuration.transport()) {
      case URING -> fuseAccess.checkUring();
      case JNR -> fuseAccess.checkLibFuse();
      case AUTO, DEV -> {}
    }
    refuseUse(mountPoint, stateDirectory, arguments.allowNonEmpty(), what);
    return configuration;
  }

  private static Path existingBacking(Path given, String what) throws Refusal, IOException {
    if (!Files.exists(given)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "the backing " + given + " does not exist",
          "give an existing directory");
    }
    if (!Files.isDirectory(given)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "the backing " + given + " is not a directory",
          "give a directory");
    }
    if (!Files.isReadable(given) || !Files.isExecutable(given)) {
      throw new Refusal(
          ExitCode.PERMISSION,
          what,
          "the backing " + given + " may not be read",
          "run as a user who may read it");
    }
    return given.toRealPath();
  }

  private static Path mountPointOf(Path given, String what) throws Refusal {
    try {
      return MountPoints.canonical(given);
    } catch (IOException missing) {
      throw missingMountPoint(given, what);
    }
  }

  private static Refusal missingMountPoint(Path given, String what) {
    return new Refusal(ExitCode.FAILED, what, "it does not exist", "mkdir -p " + given);
  }

  private static void refuseNesting(Path backing, Path mountPoint, String what) throws Refusal {
    if (mountPoint.startsWith(backing)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          mountPoint.equals(backing)
              ? "it is the backing itself"
              : "it lies below the backing " + backing,
          "choose a mount point elsewhere");
    }
    if (backing.startsWith(mountPoint)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "the backing " + backing + " lies below it",
          "choose a mount point elsewhere");
    }
  }

  private Path stateDirectory(MountArguments arguments, Path backing, Path mountPoint, String what)
      throws Refusal, IOException {
    Path given = arguments.stateDirectory();
    Path directory =
        canonicalIfMissing(given == null ? places.defaultStateDirectory(backing) : given);
    if (directory.startsWith(mountPoint)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "the state directory " + directory + " lies below the mount point",
          "give a --state-dir elsewhere");
    }
    if (directory.startsWith(backing)) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "the state directory " + directory + " lies below the backing " + backing,
          "give a --state-dir elsewhere");
    }
    return directory;
  }

  /** Resolves symbolic links in the part of a path that exists. */
  private static Path canonicalIfMissing(Path given) throws IOException {
    Path absolute = given.toAbsolutePath().normalize();
    Path existing = absolute;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing.toRealPath().resolve(existing.relativize(absolute)).normalize();
  }

  private static Duration delay(String text) throws Refusal {
    Duration delay = TimeSpan.parse("--delay-backing", text);
    if (delay.toSeconds() > DELAY_SECONDS_MAX) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --delay-backing " + text,
          "it is too long",
          "give at most 10s");
    }
    return delay;
  }

  /** Last, because it detaches a dead mount. */
  private void refuseUse(Path mountPoint, Path stateDirectory, boolean allowNonEmpty, String what)
      throws Refusal, IOException {
    List<Mount> mounts = mountPoints.all();
    for (Mount mount : mounts) {
      if (mount.state() == State.LIVE) {
        refuseLive(mount, mountPoint, stateDirectory, what);
      }
    }
    Optional<Mount> dead =
        mounts.stream().filter(mount -> mount.mountPoint().equals(mountPoint)).findFirst();
    if (dead.isPresent()) {
      mountPoints.detachDead(dead.get());
    }
    refuseUnusable(mountPoint, allowNonEmpty, what);
  }

  private static void refuseLive(Mount mount, Path mountPoint, Path stateDirectory, String what)
      throws Refusal {
    String owner =
        mount.known().map(known -> "pid " + known.process().pid()).orElse("by another user");
    if (mount.mountPoint().equals(mountPoint)) {
      throw new Refusal(
          ExitCode.BUSY,
          what,
          "it is already mounted (" + owner + ")",
          "emberfs umount " + mountPoint + " first, or choose another directory");
    }
    if (mount.known().filter(known -> known.stateDirectory().equals(stateDirectory)).isPresent()) {
      throw new Refusal(
          ExitCode.BUSY,
          what,
          "the state directory "
              + stateDirectory
              + " is in use by the mount "
              + mount.mountPoint()
              + " ("
              + owner
              + ")",
          "unmount it first, or give another --state-dir");
    }
  }

  private static void refuseUnusable(Path mountPoint, boolean allowNonEmpty, String what)
      throws Refusal, IOException {
    if (!Files.exists(mountPoint)) {
      throw missingMountPoint(mountPoint, what);
    }
    if (!Files.isDirectory(mountPoint)) {
      throw new Refusal(ExitCode.FAILED, what, "it is not a directory", "give a directory");
    }
    if (!Files.isReadable(mountPoint)) {
      throw new Refusal(
          ExitCode.PERMISSION, what, "it may not be read", "give a directory of your own");
    }
    try (Stream<Path> entries = Files.list(mountPoint)) {
      long count = entries.count();
      if (count > 0 && !allowNonEmpty) {
        throw new Refusal(
            ExitCode.FAILED,
            what,
            "it is not empty (" + count + (count == 1 ? " entry)" : " entries)"),
            "choose an empty directory, or --allow-non-empty");
      }
    }
  }
}
