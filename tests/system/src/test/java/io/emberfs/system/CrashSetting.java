package io.emberfs.system;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A way to mount. Crash tests go through all of them, one after the other, on the same backing and
 * the same state directory: each has to cope with what any other one left.
 *
 * @param write {@code --write}
 * @param backing {@code --backing}
 * @param transport {@code --transport}
 */
record CrashSetting(String write, String backing, String transport) {
  private static final List<CrashSetting> ALL =
      List.of(
          new CrashSetting("through", "shared", "dev"),
          new CrashSetting("back", "exclusive", uring()),
          new CrashSetting("through", "exclusive", uring()),
          new CrashSetting("back", "shared", "dev"),
          new CrashSetting("through", "exclusive", "dev"),
          new CrashSetting("back", "shared", uring()),
          new CrashSetting("through", "shared", uring()),
          new CrashSetting("back", "exclusive", "dev"));

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
    List<String> options =
        new ArrayList<>(List.of("--write", write, "--backing", backing, "--transport", transport));
    if (isBack()) {
      options.addAll(List.of("--flush-age", random.nextBoolean() ? "50ms" : "60m"));
    }
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }
}
