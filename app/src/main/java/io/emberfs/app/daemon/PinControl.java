package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.PathText;
import io.emberfs.core.Pins;
import io.emberfs.core.Pins.Outcome;
import io.emberfs.core.Pins.Pin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The control channel's side of {@code pin} and {@code unpin}. Paths come and go as {@link
 * PathText}.
 */
final class PinControl {
  /** Pins in one reply: their paths fit a line, however long they are. */
  private static final int PINS_PER_REPLY = 64;

  private static final String PATH_OPTION = "path";

  private final Pins pins;
  private final Path mountPoint;

  /**
   * The only request that waits for the backing: while that hangs, others must still find somebody
   * who answers.
   */
  private final AtomicBoolean isPinning = new AtomicBoolean();

  PinControl(Pins pins, Path mountPoint) {
    this.pins = pins;
    this.mountPoint = mountPoint;
  }

  /** Options: the paths, {@code tier}, and {@code force}. */
  ControlReply pin(ControlRequest request) {
    String tierName = request.option("tier", "ram");
    boolean isForced = Boolean.parseBoolean(request.option("force", "false"));
    String what = "cannot pin in the tier " + tierName + " of " + mountPoint;
    if (!isPinning.compareAndSet(false, true)) {
      return refused(
          ExitCode.BUSY,
          what,
          "another pin is under way, which may wait for the backing",
          "try again");
    }
    try {
      return reply(pins.pin(paths(request), tierName, isForced), what, isForced);
    } catch (Refusal refusal) {
      return new ControlReply.Refused(refusal);
    } finally {
      isPinning.set(false);
    }
  }

  /** Options: the paths and {@code tier}, which may be {@code all}. */
  ControlReply unpin(ControlRequest request) {
    String tierName = request.option("tier", "all");
    try {
      return reply(
          pins.unpin(paths(request), tierName), "cannot unpin files of " + mountPoint, false);
    } catch (Refusal refusal) {
      return new ControlReply.Refused(refusal);
    }
  }

  /** Options: the paths, and {@code after}, the last path of the reply before. */
  ControlReply list(ControlRequest request) {
    try {
      String after = decoded(request.option("after", ""));
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Pin pin : pins.list(paths(request), after, PINS_PER_REPLY)) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put(PATH_OPTION, PathText.encoded(pin.path()));
        row.put("sizeBytes", pin.sizeBytes());
        row.put("cachedBytes", pin.cachedBytes());
        rows.add(row);
      }
      return new ControlReply.Done(Map.of("pins", rows, "hasMore", rows.size() == PINS_PER_REPLY));
    } catch (Refusal refusal) {
      return new ControlReply.Refused(refusal);
    }
  }

  private static List<String> paths(ControlRequest request) throws Refusal {
    List<String> paths = new ArrayList<>();
    for (int i = 0; request.options().containsKey(PATH_OPTION + i); i++) {
      paths.add(decoded(request.option(PATH_OPTION + i, "")));
    }
    return paths;
  }

  private static String decoded(String text) throws Refusal {
    return PathText.decoded(text)
        .orElseThrow(() ->
            new Refusal(
                ExitCode.USAGE,
                "cannot look for " + text,
                "it is not the text of a path",
                "use the emberfs that made the mount"));
  }

  private static ControlReply reply(Outcome outcome, String what, boolean isForced) {
    return switch (outcome) {
      case Outcome.Done(int fileCount, long sizeBytes) ->
          new ControlReply.Done(Map.of("files", fileCount, "sizeBytes", sizeBytes));
      case Outcome.NoRoom(long bytes, long bytesMax, long bytesForced) ->
          refused(
              ExitCode.USAGE,
              what,
              "%s would be pinned there, and %s may be"
                  .formatted(
                      ByteSize.format(bytes), ByteSize.format(isForced ? bytesForced : bytesMax)),
              bytes <= bytesForced
                  ? "unpin something, give the tier a larger budget, or give --force"
                  : "unpin something, or give the tier a larger budget");
      case Outcome.TooMany _ ->
          refused(
              ExitCode.USAGE,
              what,
              "more than " + Pins.FILES_MAX + " files would be pinned",
              "pin fewer");
      case Outcome.NoTier _ ->
          refused(
              ExitCode.USAGE,
              what,
              "the mount has no such tier, or it is switched off",
              "give --tier ram or ssd, whichever the mount has");
      case Outcome.Absent(String path) ->
          refused(
              ExitCode.FAILED,
              what,
              "there is no file or directory " + PathText.encoded(path),
              "give paths that are there");
      case Outcome.Failed(String reason) ->
          refused(
              ExitCode.FAILED,
              what,
              reason,
              "see that the backing and the state directory can be used; nothing has changed");
    };
  }

  private static ControlReply refused(ExitCode exitCode, String what, String why, String fix) {
    return new ControlReply.Refused(new Refusal(exitCode, what, why, fix));
  }
}
