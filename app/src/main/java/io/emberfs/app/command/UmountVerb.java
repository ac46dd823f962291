package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountPoints.State;
import io.emberfs.app.registry.MountRecord;
import io.emberfs.app.registry.MountUsers;
import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.persistence.state.StateDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code umount}: asks the daemon to stop in order and waits until process and mount are gone. */
@Command(
    name = "umount",
    description = "Save the warm state, unmount, wait for the daemon to end.",
    sortOptions = false)
final class UmountVerb implements Verb {
  private static final long POLL_NANOS = 5_000_000;

  private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);

  /**
   * How long {@code --force} lets the daemon try by itself: one whose backing answers needs less.
   */
  private static final Duration FORCE_PATIENCE = Duration.ofSeconds(20);

  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(names = "--timeout", paramLabel = "DURATION", description = "how long to wait (60s)")
  private String timeout = "60s";

  @Option(names = "--lazy", description = "detach now; the daemon ends when the last user leaves")
  private boolean lazy;

  @Option(names = "--force", description = "end now; open files get errors")
  private boolean force;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Duration timeoutMax = TimeSpan.parse("--timeout", timeout);
    long deadline = System.nanoTime() + timeoutMax.toNanos();
    Mount mount = LiveMount.named(mountPoint, console);
    if (mount.state() == State.DEAD) {
      console.mountPoints().detachDead(mount);
      console
          .out()
          .println(
              "detached "
                  + mount.mountPoint()
                  + ": its daemon had ended; "
                  + whereWritesAre(mount.known()));
      return ExitCode.OK;
    }
    LiveMount live = LiveMount.of(mount);
    Map<String, Object> result = Map.of();
    try {
      result = live.ask(request(timeoutMax), force ? shorter(timeoutMax) : timeoutMax);
    } catch (Refusal refused) {
      boolean isMute =
          refused.exitCode() == ExitCode.TIMED_OUT || refused.exitCode() == ExitCode.NOT_MOUNTED;
      if (refused.exitCode() == ExitCode.BUSY) {
        throw inUse(mount.mountPoint(), refused);
      } else if (!force || !isMute) {
        throw refused;
      }
    }
    if ("detached".equals(result.get("state"))) {
      console
          .out()
          .println(
              "detached "
                  + mount.mountPoint()
                  + ": the daemon (pid "
                  + live.known().process().pid()
                  + ") ends when its last user leaves");
      return ExitCode.OK;
    }
    if (result.isEmpty()) {
      end(live.known(), console);
      return ExitCode.OK;
    }
    awaitGone(live, deadline);
    long saved = result.get("savedBytes") instanceof Number bytes ? bytes.longValue() : 0;
    String left = result.get("left") instanceof String text ? text : "";
    console
        .out()
        .println(
            "unmounted "
                + mount.mountPoint()
                + ": "
                + (left.isEmpty() ? "0 B unsaved" : left)
                + ", warm state "
                + ByteSize.format(saved)
                + " saved");
    return ExitCode.OK;
  }

  private ControlRequest request(Duration timeoutMax) {
    String mode = force ? "force" : lazy ? "lazy" : "orderly";
    return new ControlRequest(
        ControlRequest.UNMOUNT, Map.of("mode", mode, "timeoutMillis", "" + timeoutMax.toMillis()));
  }

  private static Duration shorter(Duration given) {
    return given.compareTo(FORCE_PATIENCE) < 0 ? given : FORCE_PATIENCE;
  }

  private static Refusal inUse(Path place, Refusal refused) throws IOException {
    List<String> users = MountUsers.of(place);
    return users.isEmpty()
        ? refused
        : new Refusal(
            ExitCode.BUSY,
            refused.what(),
            String.join(", ", users),
            "end that, or give --lazy or --force");
  }

  /**
   * Ends a daemon that does not answer, as a kill does at any moment: the connection ends with it,
   * and whoever waits for the mount gets an error.
   */
  private static void end(MountRecord known, Console console) throws Refusal, IOException {
    long deadline = System.nanoTime() + KILL_PATIENCE.toNanos();
    if (known.process().isAlive()) {
      ProcessHandle.of(known.process().pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
    // One that waits for its backing in the kernel ends when that answers.
    while (known.process().isAlive() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    MountPoints mountPoints = console.mountPoints();
    Optional<Mount> left = mountPoints.at(known.mountPoint());
    if (left.isPresent()) {
      mountPoints.detachDead(left.get());
    }
    console
        .out()
        .println(
            "unmounted "
                + known.mountPoint()
                + ": its daemon (pid "
                + known.process().pid()
                + ") did not answer and was killed; "
                + whereWritesAre(Optional.of(known))
                + ", the warm state is that of a few seconds before");
  }

  /** What is said of the writes of a daemon that is gone. */
  private static String whereWritesAre(Optional<MountRecord> known) {
    if (known.isEmpty()) {
      return "every write that had returned is in the backing, or in the journal of its state"
          + " directory";
    }
    Path journal = StateDirectory.journalOf(known.get().stateDirectory());
    try {
      return JournalScan.holdsRecords(journal)
          ? "every write that had returned is in the backing, or in the journal, which the next"
              + " mount takes up"
          : "every write that had returned is in the backing";
    } catch (IOException unreadable) {
      return "what the backing does not have is in the journal, which cannot be read now ("
          + unreadable.getMessage()
          + ")";
    }
  }

  private void awaitGone(LiveMount live, long deadline) throws Refusal, IOException {
    Path place = live.known().mountPoint();
    while (live.known().process().isAlive() || MountPoints.isMounted(place)) {
      if (System.nanoTime() > deadline) {
        throw new Refusal(
            ExitCode.TIMED_OUT,
            "cannot finish unmounting " + place,
            "the daemon (pid "
                + live.known().process().pid()
                + ") is still stopping after "
                + timeout,
            "wait, or look at the log in " + live.known().stateDirectory());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
