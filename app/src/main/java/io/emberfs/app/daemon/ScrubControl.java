package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.core.Scrub;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The control channel's side of {@code scrub}. A round takes minutes, a request must not: one
 * begins the round and gets its number, others ask how far it has come. So a client that goes away
 * leaves nobody waiting here.
 */
final class ScrubControl {
  private final Scrub scrub;

  ScrubControl(Scrub scrub) {
    this.scrub = scrub;
  }

  ControlReply begin(ControlRequest request) {
    String rate = request.option("bytesPerSecond", "");
    long bytesPerSecond;
    try {
      bytesPerSecond = Long.parseLong(rate);
    } catch (NumberFormatException noNumber) {
      bytesPerSecond = 0;
    }
    if (bytesPerSecond < 1) {
      return refused("cannot scrub at the rate " + rate, "it is not a number of bytes a second");
    }
    return new ControlReply.Done(Map.of("round", scrub.begin(bytesPerSecond)));
  }

  ControlReply progress(ControlRequest request) {
    String round = request.option("round", "");
    try {
      return scrub
          .progress(Long.parseLong(round))
          .<ControlReply>map(progress -> new ControlReply.Done(document(progress)))
          .orElseGet(() ->
              refused("cannot look at the scrub " + round, "another was begun since, or none"));
    } catch (NumberFormatException noNumber) {
      return refused("cannot look at the scrub " + round, "it is not a number");
    }
  }

  private static Map<String, Object> document(Scrub.Progress progress) {
    Map<String, Object> tiers = new LinkedHashMap<>();
    for (Scrub.Findings findings : progress.findings()) {
      Map<String, Object> numbers = new LinkedHashMap<>();
      numbers.put("good", findings.good());
      numbers.put("bad", findings.bad());
      numbers.put("repaired", findings.repaired());
      tiers.put(findings.tierName(), numbers);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("done", progress.isDone());
    document.put("tiers", tiers);
    return document;
  }

  private static ControlReply refused(String what, String why) {
    return new ControlReply.Refused(
        new Refusal(ExitCode.USAGE, what, why, "use the emberfs that made the mount"));
  }
}
