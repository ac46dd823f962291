package io.emberfs.system;

import static org.awaitility.Awaitility.await;

import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.Places;
import io.emberfs.app.config.PrivateDirectory;
import io.emberfs.app.config.SystemMemory;
import io.emberfs.app.control.Json;
import io.emberfs.app.daemon.Assembly;
import io.emberfs.app.daemon.Assembly.Wrappers;
import io.emberfs.app.daemon.Daemon;
import io.emberfs.app.prepare.FuseAccess;
import io.emberfs.app.prepare.MountArguments;
import io.emberfs.app.prepare.MountPreparation;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Tier;
import io.emberfs.testkit.FaultyBackingStore;
import io.emberfs.testkit.FaultyTier;
import io.emberfs.testkit.FaultyWriteJournal;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The daemon put together so that it lacks one safety: the negative control of the tests that claim
 * to see a lack of it. It is an assembly of its own and no switch of the product.
 */
final class FaultyDaemon {
  /** The safety that is taken away. */
  enum Fault {
    /** Every sync of the backing answers well and does nothing. */
    SYNC_DOES_NOTHING(
        new Wrappers(FaultyDaemon::withoutSync, UnaryOperator.identity(), UnaryOperator.identity()),
        "through"),
    /** Every sync of the journal answers well and does nothing. */
    JOURNAL_IS_NOT_SYNCED(
        new Wrappers(UnaryOperator.identity(), UnaryOperator.identity(), FaultyWriteJournal::new),
        "back"),
    /** Every content of a file looks like the same version. */
    VERSIONS_NEVER_CHANGE(
        new Wrappers(FrozenVersions::around, UnaryOperator.identity(), UnaryOperator.identity()),
        "through"),
    /** Blocks that the SSD damaged are taken for right. */
    CHECKSUMS_ARE_NOT_COMPARED(
        new Wrappers(
            UnaryOperator.identity(), FaultyDaemon::withUnseenDamage, UnaryOperator.identity()),
        "through");

    private final Wrappers wrappers;
    private final String write;

    Fault(Wrappers wrappers, String write) {
      this.wrappers = wrappers;
      this.write = write;
    }
  }

  private static final Duration START_MAX = Duration.ofSeconds(30);

  private FaultyDaemon() {}

  private static BackingStore withoutSync(BackingStore store) {
    FaultyBackingStore faulty = new FaultyBackingStore(store);
    faulty.skipSyncs();
    return faulty;
  }

  private static Tier withUnseenDamage(Tier tier) {
    return new FaultyTier(
        tier, Seeds.random(Fixtures.seed()), 1.0, Set.of(FaultyTier.Fault.UNSEEN_DAMAGE));
  }

  /** Mounts the rig's places by a faulty daemon. */
  static Mount mount(Rig rig, Fault fault, Path backing, Path state) throws IOException {
    Path out = Files.createTempFile(rig.newDirectory("faulty"), "daemon", ".out");
    Path err = out.resolveSibling("daemon.err");
    Process process =
        Program.java(
                FaultyDaemon.class,
                fault.name(),
                backing.toString(),
                rig.mountPoint().toString(),
                state.toString())
            .start(out, err);
    await("mount of the faulty daemon")
        .atMost(START_MAX)
        .until(() -> !process.isAlive() || Files.readString(out).endsWith("\n"));
    if (!process.isAlive()) {
      throw new AssertionError("the faulty daemon ended: " + Files.readString(err));
    }
    return rig.adopt(Mount.announced(Files.readString(out)));
  }

  /** Arguments: fault, backing, mount point, state directory. Serves until it is told to stop. */
  public static void main(String[] arguments) throws Refusal, IOException {
    Fault fault = Fault.valueOf(arguments[0]);
    Places places = Places.of(System.getenv());
    MountConfiguration configuration =
        new MountPreparation(
                places,
                new MountPoints(new KnownMounts(places.knownMounts())),
                FuseAccess.system(Places.isRoot()),
                MachineMemory.of(new SystemMemory()))
            .prepare(
                new MountArguments(
                    Path.of(arguments[1]),
                    Path.of(arguments[2]),
                    Path.of(arguments[3]),
                    "64M",
                    null,
                    "64M",
                    null,
                    choices(fault.write),
                    false,
                    false,
                    false,
                    false,
                    List.of()));
    PrivateDirectory.ensure(configuration.stateDirectory(), "cannot mount");
    new Daemon(places, new Assembly(fault.wrappers))
        .run(configuration, _ -> announce(configuration));
  }

  /** The defaults but for writes, which reach the backing only with a flush where they wait. */
  private static MountArguments.Choices choices(String write) {
    MountArguments.Choices defaults = MountArguments.Choices.defaults();
    return new MountArguments.Choices(
        defaults.vram(),
        defaults.blockSize(),
        defaults.compress(),
        defaults.policy(),
        defaults.prefetch(),
        write,
        defaults.maxDirty(),
        "60m",
        defaults.backing(),
        defaults.kernelCache(),
        defaults.attributeTtl(),
        defaults.extendedAttributes(),
        defaults.acl(),
        defaults.transport(),
        defaults.warm(),
        defaults.waitMax(),
        defaults.backingDelay());
  }

  @SuppressWarnings("SystemOut") // As the real daemon, it says on standard output that it is there.
  private static void announce(MountConfiguration configuration) {
    System.out.println(
        Json.write(
            Map.of(
                "pid", ProcessHandle.current().pid(),
                "mountpoint", configuration.mountPoint().toString(),
                "restoredBlocks", 0)));
  }
}
