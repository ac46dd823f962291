package io.emberfs.app.control;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a client asks of a daemon.
 *
 * @param verb one of the constants here; others are refused by the daemon
 * @param options by name; their meaning is the verb's
 */
public record ControlRequest(String verb, Map<String, String> options) {
  public static final String PING = "ping";
  public static final String STATUS = "status";
  public static final String STATS = "stats";
  public static final String DROP = "drop";
  public static final String FLUSH = "flush";
  public static final String RESIZE = "resize";
  public static final String PIN = "pin";
  public static final String UNPIN = "unpin";
  public static final String PINS = "pins";
  public static final String SCRUB = "scrub";
  public static final String SCRUB_PROGRESS = "scrubProgress";
  public static final String UNMOUNT = "umount";

  static final int VERSION = 1;
  private static final String VERSION_KEY = "version";
  private static final String VERB_KEY = "verb";
  private static final String OPTIONS_KEY = "options";

  public ControlRequest {
    options = Map.copyOf(options);
  }

  /** A request without options. */
  public static ControlRequest of(String verb) {
    return new ControlRequest(verb, Map.of());
  }

  /** An option's value, or {@code otherwise} if it was not given. */
  public String option(String name, String otherwise) {
    return options.getOrDefault(name, otherwise);
  }

  String toLine() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(VERSION_KEY, VERSION);
    map.put(VERB_KEY, verb);
    map.put(OPTIONS_KEY, options);
    return Json.write(map);
  }

  /** The request in a line; empty if it is none, or one of another version. */
  static Optional<ControlRequest> parse(String line) {
    if (!(Json.read(line) instanceof Map<?, ?> map)
        || !(map.get(VERSION_KEY) instanceof Number version)
        || version.longValue() != VERSION
        || !(map.get(VERB_KEY) instanceof String verb)) {
      return Optional.empty();
    }
    Map<String, String> options = new LinkedHashMap<>();
    if (map.get(OPTIONS_KEY) instanceof Map<?, ?> given) {
      given.forEach((name, value) -> options.put(String.valueOf(name), String.valueOf(value)));
    }
    return Optional.of(new ControlRequest(verb, options));
  }
}
