package io.emberfs.app.control;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a daemon answers. */
public sealed interface ControlReply {
  String VERSION_KEY = "version";
  String RESULT_KEY = "result";
  String EXIT_CODE_KEY = "exitCode";
  String WHAT_KEY = "what";
  String WHY_KEY = "why";
  String FIX_KEY = "fix";

  /** One line of JSON. */
  String toLine();

  /**
   * It was done.
   *
   * @param result plain values, by name
   */
  record Done(Map<String, Object> result) implements ControlReply {
    @Override
    public String toLine() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put(VERSION_KEY, ControlRequest.VERSION);
      map.put(RESULT_KEY, result);
      return Json.write(map);
    }
  }

  /**
   * It was not done.
   *
   * @param refusal what the user is told
   */
  record Refused(Refusal refusal) implements ControlReply {
    @Override
    public String toLine() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put(VERSION_KEY, ControlRequest.VERSION);
      map.put(EXIT_CODE_KEY, refusal.exitCode().number());
      map.put(WHAT_KEY, refusal.what());
      map.put(WHY_KEY, refusal.why());
      map.put(FIX_KEY, refusal.fix());
      return Json.write(map);
    }
  }

  /** The reply in a line; empty if it is none, or one of another version. */
  static Optional<ControlReply> parse(String line) {
    if (!(Json.read(line) instanceof Map<?, ?> map)
        || !(map.get(VERSION_KEY) instanceof Number version)
        || version.longValue() != ControlRequest.VERSION) {
      return Optional.empty();
    }
    if (map.get(RESULT_KEY) instanceof Map<?, ?> result) {
      Map<String, Object> byName = new LinkedHashMap<>();
      result.forEach((name, value) -> byName.put(String.valueOf(name), value));
      return Optional.of(new Done(byName));
    }
    if (map.get(EXIT_CODE_KEY) instanceof Number code
        && map.get(WHAT_KEY) instanceof String what
        && map.get(WHY_KEY) instanceof String why
        && map.get(FIX_KEY) instanceof String fix) {
      return Optional.of(new Refused(new Refusal(ExitCode.of(code.intValue()), what, why, fix)));
    }
    return Optional.empty();
  }
}
