package io.emberfs.system;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A way to mount. Crash tests go through all of them, one after the other, on the same backing and
 * the same state directory: each has to cope with what any other one left.
 *
 * @param write {@code --write}
 * @param transport {@code --transport}
 */
record CrashSetting(String write, String transport) {
  private static final List<CrashSetting> ALL =
      List.of(
          new CrashSetting("through", "dev"),
          new CrashSetting("back", uring()),
          new CrashSetting("through", uring()),
          new CrashSetting("back", "dev"));

  private static String uring() {
    return UringParameter.isThere() ? "uring" : "dev";
  }

  /** The one whose turn it is. */
  static CrashSetting of(int cycle) {
    return ALL.get(cycle % ALL.size());
  }

  boolean isBack() {
    return write.equals("back");
  }

  /** The options of a mount, one that flushes all the time or not at all where writes wait. */
  String[] options(RandomGenerator random, String... more) {
    List<String> options = new ArrayList<>(List.of("--write", write, "--transport", transport));
    if (isBack()) {
      options.addAll(List.of("--flush-age", random.nextBoolean() ? "50ms" : "60m"));
    }
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }
}
