package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.ControlClient;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.ControlTimeoutException;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountPoints.State;
import io.emberfs.app.registry.MountRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A mount whose daemon can be asked.
 *
 * @param known what was written down about it
 */
record LiveMount(MountRecord known) {
  /** Finds the mount that a user names by its mount point, dead or alive. */
  static Mount named(Path given, Console console) throws Refusal, IOException {
    Optional<Mount> mount = Optional.empty();
    try {
      mount = console.mountPoints().at(MountPoints.canonical(console.directory().resolve(given)));
    } catch (java.nio.file.NoSuchFileException missing) {
      // Where there is no directory there is no mount.
    }
    return mount.orElseThrow(() ->
        new Refusal(
            ExitCode.NOT_MOUNTED,
            given + " is not mounted",
            "emberfs has no mount there",
            "emberfs status lists the mounts"));
  }

  /** As {@link #named}, and refuses a dead one. */
  static LiveMount of(Path given, Console console) throws Refusal, IOException {
    Mount mount = named(given, console);
    if (mount.state() == State.DEAD) {
      throw new Refusal(
          ExitCode.NOT_MOUNTED,
          given + " is a dead mount",
          "its daemon has ended",
          "emberfs umount " + given + "; nothing is lost: every write is in the backing");
    }
    return of(mount);
  }

  /** The daemon of a living mount. */
  static LiveMount of(Mount mount) throws Refusal {
    return new LiveMount(
        mount
            .known()
            .orElseThrow(() ->
                new Refusal(
                    ExitCode.PERMISSION,
                    "cannot reach the mount " + mount.mountPoint(),
                    "another user made it",
                    "ask as that user")));
  }

  /**
   * Asks the daemon.
   *
   * @return the values of its answer
   * @throws Refusal if it refuses, does not answer in time, or cannot be reached
   */
  Map<String, Object> ask(ControlRequest request, Duration timeout) throws Refusal, IOException {
    try {
      return switch (new ControlClient(known.socket()).ask(request, timeout)) {
        case ControlReply.Done(Map<String, Object> result) -> result;
        case ControlReply.Refused(Refusal refusal) -> throw refusal;
      };
    } catch (ControlTimeoutException late) {
      throw new Refusal(
          ExitCode.TIMED_OUT,
          "no answer from the mount " + known.mountPoint(),
          "its daemon (pid "
              + known.process().pid()
              + ") did not answer within "
              + timeout.toMillis()
              + " ms",
          "try again with a longer --timeout; the log is in " + known.stateDirectory());
    } catch (java.net.SocketException unreachable) {
      throw new Refusal(
          ExitCode.NOT_MOUNTED,
          "cannot reach the mount " + known.mountPoint(),
          "its daemon (pid " + known.process().pid() + ") does not listen on " + known.socket(),
          "try again; it may be starting or stopping");
    }
  }
}
