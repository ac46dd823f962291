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
import io.emberfs.app.registry.MountRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The checks of a mount, in the order in which a person would ask. */
public final class MountPreparation {
  private static final int DELAY_SECONDS_MAX = 10;
  private static final long POLL_NANOS = 5_000_000;

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
   * Checks and gives the configuration. A dead mount stays at the mount point, unless nobody could
   * see otherwise what lies below it.
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
    TierBudgets budgets = TierBudgets.of(arguments, memory, stateDirectory);
    MountConfiguration configuration =
        new MountConfiguration(
            backing,
            mountPoint,
            stateDirectory,
            budgets.ramBytes(),
            budgets.ramBytesMax(),
            budgets.ssdBytes(),
            budgets.keepFreeBytes(),
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
            ChoiceReader.sharing(choices.backing()),
            ChoiceReader.writing(choices, arguments.discardJournal()),
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
    refuseUse(configuration, arguments.allowNonEmpty(), what);
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

  /** Last, because it may wait for a daemon that is stopping, and detach a dead mount. */
  private void refuseUse(MountConfiguration configuration, boolean allowNonEmpty, String what)
      throws Refusal, IOException {
    Path mountPoint = configuration.mountPoint();
    Path stateDirectory = configuration.stateDirectory();
    for (Mount mount : mountPoints.all()) {
      if (mount.state() == State.LIVE) {
        refuseLive(mount, mountPoint, stateDirectory, configuration.waitMax(), what);
      }
    }
    Optional<Mount> dead = mountPoints.at(mountPoint);
    if (dead.isEmpty()) {
      refuseUnusable(mountPoint, mountPoint, allowNonEmpty, what);
      return;
    }
    try (CoveredDirectory covered = CoveredDirectory.of(mountPoint)) {
      if (covered.path().isPresent()) {
        refuseUnusable(mountPoint, covered.path().get(), allowNonEmpty, what);
        return;
      }
    }
    mountPoints.detachDead(dead.get());
    refuseUnusable(mountPoint, mountPoint, allowNonEmpty, what);
  }

  private static void refuseLive(
      Mount mount, Path mountPoint, Path stateDirectory, Duration waitMax, String what)
      throws Refusal, IOException {
    boolean isAtMountPoint = mount.mountPoint().equals(mountPoint);
    boolean isOnState =
        mount.known().filter(known -> known.stateDirectory().equals(stateDirectory)).isPresent();
    if (!isAtMountPoint && !isOnState) {
      return;
    }
    if (mount.known().isPresent() && !MountPoints.isMounted(mount.mountPoint())) {
      awaitStop(mount, mount.known().get(), waitMax, what);
      return;
    }
    String owner =
        mount.known().map(known -> "pid " + known.process().pid()).orElse("by another user");
    if (isAtMountPoint) {
      throw new Refusal(
          ExitCode.BUSY,
          what,
          "it is already mounted (" + owner + ")",
          "emberfs umount " + mountPoint + " first, or choose another directory");
    }
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

  /** A daemon whose mount is gone saves its warm state: umount(8) and mount(8) in one breath. */
  private static void awaitStop(Mount mount, MountRecord known, Duration waitMax, String what)
      throws Refusal {
    long deadline = System.nanoTime() + waitMax.toNanos();
    while (known.process().isAlive()) {
      if (System.nanoTime() > deadline) {
        throw new Refusal(
            ExitCode.BUSY,
            what,
            "the last mount on "
                + mount.mountPoint()
                + " has not ended yet (pid "
                + known.process().pid()
                + "): it saves its state, or somebody still has a file open there",
            "wait for that, or kill that process");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * @param directory where the mount point can be looked into
   */
  private static void refuseUnusable(
      Path mountPoint, Path directory, boolean allowNonEmpty, String what)
      throws Refusal, IOException {
    if (!Files.exists(directory)) {
      throw missingMountPoint(mountPoint, what);
    }
    if (!Files.isDirectory(directory)) {
      throw new Refusal(ExitCode.FAILED, what, "it is not a directory", "give a directory");
    }
    if (!Files.isReadable(directory)) {
      throw new Refusal(
          ExitCode.PERMISSION, what, "it may not be read", "give a directory of your own");
    }
    try (Stream<Path> entries = Files.list(directory)) {
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
