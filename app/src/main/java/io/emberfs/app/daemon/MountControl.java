package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.ControlServer;
import io.emberfs.app.daemon.StopRequests.StopOutcome;
import io.emberfs.app.daemon.StopRequests.StopRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a running mount does when it is asked through its control channel. */
final class MountControl implements ControlServer.Handler {
  private static final String ALL_TIERS = "all";
  private static final List<String> TIER_NAMES = List.of("ram", "vram", "ssd", ALL_TIERS);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final Duration PATIENCE = Duration.ofSeconds(50);

  private final AssembledMount mount;
  private final ScrubControl scrub;
  private final PinControl pins;
  private final StopRequests stops;
  private final long startNanos;

  MountControl(AssembledMount mount, StopRequests stops, long startNanos) {
    this.mount = mount;
    scrub = new ScrubControl(mount.scrub());
    pins = new PinControl(mount.pins(), mount.spec().mountPoint());
    this.stops = stops;
    this.startNanos = startNanos;
  }

  @Override
  public ControlReply handle(ControlRequest request) {
    return switch (request.verb()) {
      case ControlRequest.PING -> new ControlReply.Done(Map.of());
      case ControlRequest.STATUS ->
          new ControlReply.Done(Map.of("troubles", StatsDocument.troubles(mount.meters())));
      case ControlRequest.STATS -> new ControlReply.Done(stats());
      case ControlRequest.DROP -> drop(request.option("tier", ALL_TIERS));
      case ControlRequest.FLUSH -> flush(request);
      case ControlRequest.RESIZE -> resize(request.options());
      case ControlRequest.PIN -> pins.pin(request);
      case ControlRequest.UNPIN -> pins.unpin(request);
      case ControlRequest.PINS -> pins.list(request);
      case ControlRequest.SCRUB -> scrub.begin(request);
      case ControlRequest.SCRUB_PROGRESS -> scrub.progress(request);
      case ControlRequest.UNMOUNT -> stop(request);
      default ->
          refused(
              ExitCode.USAGE,
              "cannot do " + request.verb(),
              "the daemon does not know it",
              "use the emberfs that made the mount");
    };
  }

  private Map<String, Object> stats() {
    double uptime = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
    return StatsDocument.of(
        mount.meters(), uptime, mount.transport().name(), mount.transport().reason());
  }

  private ControlReply drop(String tierName) {
    if (!TIER_NAMES.contains(tierName)) {
      return refused(
          ExitCode.USAGE,
          "cannot drop the tier " + tierName,
          "there is none of that name",
          "give one of " + String.join(", ", TIER_NAMES));
    }
    boolean present =
        tierName.equals(ALL_TIERS)
            || mount.tiers().stream().anyMatch(tier -> tier.name().equals(tierName));
    return new ControlReply.Done(
        Map.of("droppedBytes", present ? mount.cache().drop(tierName) : 0L));
  }

  /** The options are names of tiers with sizes in bytes; answers with the sizes until now. */
  private ControlReply resize(Map<String, String> wanted) {
    Map<String, Object> before = new TreeMap<>();
    try {
      for (Map.Entry<String, String> each : new TreeMap<>(wanted).entrySet()) {
        long bytes = ByteSize.parse("the size", each.getValue());
        before.put(each.getKey(), mount.resizing().resize(each.getKey(), bytes));
      }
      return new ControlReply.Done(before);
    } catch (Refusal refusal) {
      return new ControlReply.Refused(refusal);
    }
  }

  private ControlReply flush(ControlRequest request) {
    MountWriteBack writeBack = mount.writeBack();
    long count = writeBack == null ? 0 : writeBack.dirtyFileCount();
    if (writeBack != null && !writeBack.flush(patience(request))) {
      return notFlushed("cannot flush " + mount.spec().mountPoint(), writeBack);
    }
    return new ControlReply.Done(Map.of("files", count));
  }

  private ControlReply stop(ControlRequest request) {
    StopRequest.Kind kind =
        switch (request.option("mode", "orderly")) {
          case "lazy" -> StopRequest.Kind.LAZY;
          case "force" -> StopRequest.Kind.FORCE;
          default -> StopRequest.Kind.ORDERLY;
        };
    MountWriteBack writeBack = mount.writeBack();
    if (kind == StopRequest.Kind.ORDERLY
        && writeBack != null
        && !writeBack.flush(patience(request))) {
      return notFlushed("cannot unmount " + mount.spec().mountPoint(), writeBack);
    }
    StopOutcome outcome = stops.add(kind).join();
    return switch (outcome.state()) {
      case STOPPED ->
          new ControlReply.Done(
              Map.of(
                  "state", "stopped", "savedBytes", outcome.savedBytes(), "left", outcome.left()));
      case DETACHED -> new ControlReply.Done(Map.of("state", "detached"));
      case BUSY ->
          refused(
              ExitCode.BUSY,
              "cannot unmount " + mount.spec().mountPoint(),
              "a program has a file open there, or works in a directory below it",
              "end that program (fuser -vm shows it), or give --lazy or --force");
    };
  }

  /** Something less than the client has, so that it hears the answer. */
  private static Duration patience(ControlRequest request) {
    String given = request.option("timeoutMillis", "");
    return given.matches("[0-9]{1,12}")
        ? Duration.ofMillis(Long.parseLong(given) / 10 * 9)
        : PATIENCE;
  }

  private ControlReply notFlushed(String what, MountWriteBack writeBack) {
    List<String> troubles = StatsDocument.troubles(mount.meters());
    return refused(
        ExitCode.TIMED_OUT,
        what,
        troubles.isEmpty()
            ? "the backing does not have the changes of "
                + writeBack.dirtyFileCount()
                + " files yet"
            : String.join("; ", troubles),
        "see to the backing and try again, or give umount --force: the changes stay in the journal");
  }

  private static ControlReply refused(ExitCode exitCode, String what, String why, String fix) {
    return new ControlReply.Refused(new Refusal(exitCode, what, why, fix));
  }
}
