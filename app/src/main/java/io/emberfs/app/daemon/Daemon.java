package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.MountConfiguration.Transport;
import io.emberfs.app.config.Places;
import io.emberfs.app.config.PrivateDirectory;
import io.emberfs.app.control.ControlServer;
import io.emberfs.app.daemon.StopRequests.StopOutcome;
import io.emberfs.app.daemon.StopRequests.StopRequest;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.app.registry.MountRecord;
import io.emberfs.app.registry.ProcessMark;
import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one mount in this process: put together, mount, announce, serve, and stop in order.
 * The thread that calls {@link #run} owns the mount; all that others can do is ask it to stop.
 */
public final class Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  private final Places places;
  private final Assembler assembler;
  private final StopRequests stops = new StopRequests();

  /**
   * @param assembler puts the rooms together
   */
  public Daemon(Places places, Assembler assembler) {
    this.places = places;
    this.assembler = assembler;
  }

  /**
   * Serves a mount until somebody ends it.
   *
   * @param ready hears when the mount answers
   * @throws Refusal if it could not be mounted; nothing is left mounted then
   */
  public void run(MountConfiguration configuration, ReadyListener ready)
      throws Refusal, IOException {
    String what = "cannot mount on " + configuration.mountPoint();
    PrivateDirectory.ensure(places.runDirectory(), what);
    PrivateDirectory.ensure(places.knownMounts(), what);
    long startNanos = System.nanoTime();
    stops.listenToSignals();
    try (AssembledMount mount = assembler.assemble(configuration, new Meters())) {
      detachDead(configuration.mountPoint());
      mount(configuration, mount, what);
      mount.answered();
      serve(configuration, mount, ready, startNanos);
    } finally {
      LOG.info("stopped");
    }
  }

  /** When nothing can be refused any more, so that a refusal leaves the dead mount too. */
  private void detachDead(Path mountPoint) throws Refusal, IOException {
    if (!MountPoints.isMounted(mountPoint)) {
      return;
    }
    MountPoints mountPoints = new MountPoints(new KnownMounts(places.knownMounts()));
    Optional<MountPoints.Mount> dead =
        mountPoints.at(mountPoint).filter(mount -> mount.state() == MountPoints.State.DEAD);
    if (dead.isPresent()) {
      mountPoints.detachDead(dead.get());
    }
  }

  private static void mount(MountConfiguration configuration, AssembledMount mount, String what)
      throws Refusal {
    try {
      mount.transport().mount(mount.spec(), mount.handler());
    } catch (BackingException cause) {
      throw new Refusal(
          exitCode(cause.errno()), what, String.valueOf(cause.getMessage()), fix(cause.errno()));
    }
    if (!mount.transport().awaitMounted(configuration.waitMax())) {
      throw new Refusal(
          ExitCode.TIMED_OUT,
          what,
          "the kernel did not answer within " + configuration.waitMax().toSeconds() + " s",
          "try again with a longer --wait; nothing is left mounted");
    }
    boolean isMissed =
        configuration.transport() == Transport.URING && !mount.transport().name().equals("uring");
    if (isMissed) {
      throw new Refusal(
          ExitCode.UNAVAILABLE,
          "cannot use --transport uring",
          mount.transport().reason(),
          "give --transport auto or dev; nothing is left mounted");
    }
  }

  private static ExitCode exitCode(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> ExitCode.PERMISSION;
      case Errno.ENOENT, Errno.ENODEV -> ExitCode.UNAVAILABLE;
      default -> ExitCode.FAILED;
    };
  }

  private static String fix(int errno) {
    return switch (exitCode(errno)) {
      case PERMISSION ->
          Places.isRoot()
              ? "give the container the capability SYS_ADMIN"
              : "choose a mount point of your own that you may write to, or run as root";
      case UNAVAILABLE -> "modprobe fuse, and install fuse3";
      default -> "see the kernel's log; nothing is left mounted";
    };
  }

  private void serve(
      MountConfiguration configuration, AssembledMount mount, ReadyListener ready, long startNanos)
      throws IOException {
    KnownMounts knownMounts = new KnownMounts(places.knownMounts());
    ProcessMark process = ProcessMark.ownProcess();
    // Of this daemon alone: the one before may not have closed its own yet. Short: a socket's path
    // has 107 bytes at most, and the directory's name takes most of them.
    String socketName = Places.id(configuration.mountPoint()) + "." + process.pid();
    MountRecord record =
        new MountRecord(
            configuration.mountPoint(),
            configuration.backing(),
            configuration.stateDirectory(),
            places.runDirectory().resolve(socketName),
            process);
    MountControl control = new MountControl(mount, stops, startNanos);
    try (ControlServer _ = new ControlServer(record.socket(), control, mount.meters())) {
      knownMounts.add(record);
      watchForEnd(mount);
      LOG.info("mounted {} on {}", configuration.backing(), configuration.mountPoint());
      ready.ready(mount);
      StopRequest last = awaitEnd(mount);
      if (last.kind() == StopRequest.Kind.FORCE) {
        mount.leaveJournal();
      }
      long warmBytes = mount.warmBytes();
      // Everything is saved before anybody hears that it is.
      mount.close();
      StopOutcome outcome = StopOutcome.stopped(warmBytes, mount.leftInJournal());
      knownMounts.remove(record);
      last.outcome().complete(outcome);
      stops.end(outcome);
    }
  }

  /** An unmount by anybody else, umount(8) for example, ends the daemon too. */
  private void watchForEnd(AssembledMount mount) {
    Thread watcher =
        new Thread(
            () -> {
              try {
                mount.transport().awaitUnmounted();
                stops.add(StopRequest.Kind.ENDED);
              } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
              }
            },
            "emberfs-watch");
    watcher.setDaemon(true);
    watcher.start();
  }

  /**
   * Handles requests until one of them has ended the mount, and returns that one, not answered yet.
   */
  private StopRequest awaitEnd(AssembledMount mount) {
    boolean detached = false;
    while (true) {
      StopRequest request = takeStop();
      LOG.info("asked to stop: {}", request.kind());
      switch (request.kind()) {
        case ENDED -> {
          return request;
        }
        case FORCE -> {
          // One in use stays for the transport's close, which ends the connection first: the
          // kernel does not give the connection of a detached mount by its path.
          boolean _ = detached || mount.transport().unmount(false);
          return request;
        }
        case ORDERLY -> {
          if (detached || mount.transport().unmount(false)) {
            return request;
          }
          LOG.info("in use: goes on serving");
          request.outcome().complete(StopOutcome.busy());
        }
        case LAZY -> {
          detached = detached || mount.transport().unmount(true);
          request.outcome().complete(detached ? StopOutcome.detached() : StopOutcome.busy());
        }
        case SIGNAL -> {
          if (detached || mount.transport().unmount(false)) {
            return request;
          }
          LOG.info("in use: detached, ending when the last user leaves, or at the next signal");
          detached = mount.transport().unmount(true);
        }
      }
    }
  }

  private StopRequest takeStop() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return stops.take();
        } catch (InterruptedException interrupt) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Puts the rooms of a mount together. */
  @FunctionalInterface
  public interface Assembler {
    /**
     * Opens the backing and the state directory and connects everything; nothing is mounted yet.
     *
     * @throws Refusal if something is not usable; what was opened is closed again
     */
    AssembledMount assemble(MountConfiguration configuration, Meters meters)
        throws Refusal, IOException;
  }

  /** Hears that a mount answers. */
  @FunctionalInterface
  public interface ReadyListener {
    /** Called once, on the thread that owns the mount. */
    void ready(AssembledMount mount);
  }
}
