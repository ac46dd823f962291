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
import io.emberfs.app.daemon.Daemon;
import io.emberfs.app.prepare.FuseAccess;
import io.emberfs.app.prepare.MountArguments;
import io.emberfs.app.prepare.MountPreparation;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.core.BackingStore;
import io.emberfs.testkit.FaultyBackingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The daemon put together around a backing that lacks one safety: the negative control of the tests
 * that claim to see a lack of it. It is an assembly of its own and no switch of the product.
 */
final class FaultyDaemon {
  /** The safety that is taken away. */
  enum Fault {
    /** Every sync answers well and does nothing. */
    SYNC_DOES_NOTHING {
      @Override
      BackingStore around(BackingStore store) {
        FaultyBackingStore faulty = new FaultyBackingStore(store);
        faulty.skipSyncs();
        return faulty;
      }
    },
    /** Every content of a file looks like the same version. */
    VERSIONS_NEVER_CHANGE {
      @Override
      BackingStore around(BackingStore store) {
        return FrozenVersions.around(store);
      }
    };

    abstract BackingStore around(BackingStore store);
  }

  private static final Duration START_MAX = Duration.ofSeconds(30);

  private FaultyDaemon() {}

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
                    MountArguments.Choices.defaults(),
                    false,
                    false,
                    false,
                    false,
                    List.of()));
    PrivateDirectory.ensure(configuration.stateDirectory(), "cannot mount");
    new Daemon(places, new Assembly(fault::around))
        .run(configuration, _ -> announce(configuration));
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
