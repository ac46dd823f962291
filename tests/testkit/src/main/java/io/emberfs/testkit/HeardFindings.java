package io.emberfs.testkit;

import io.emberfs.core.StartFindings;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Keeps what a start finds, by its name. Any thread. */
public final class HeardFindings implements StartFindings {
  private final Map<String, Object> heard = new ConcurrentSkipListMap<>();

  @Override
  public void count(String name, long value) {
    heard.put(name, value);
  }

  @Override
  public void text(String name, String value) {
    heard.put(name, value);
  }

  /** What was told so far. */
  public Map<String, Object> all() {
    return Map.copyOf(heard);
  }
}
