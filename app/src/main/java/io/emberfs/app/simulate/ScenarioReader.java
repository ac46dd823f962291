package io.emberfs.app.simulate;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;

/** The options of {@code simulate} that make a scenario. */
public final class ScenarioReader {
  private static final String READAHEAD = "readahead:";
  private static final long READAHEAD_BYTES_MAX = 64L << 20;

  private ScenarioReader() {}

  /**
   * Reads them as they were given.
   *
   * @param restartAt a share, or an empty text for no restart
   * @throws Refusal if one is none of its words
   */
  public static Scenario read(
      String unit, String prefetch, String clock, String restartAt, String restartState)
      throws Refusal {
    return new Scenario(
        isFirst("--unit", unit, "page", "block"),
        prefetch(prefetch),
        isFirst("--clock", clock, "trace", "none"),
        restartAt.isEmpty() ? 0 : share(restartAt),
        isFirst("--restart-state", restartState, "keep", "drop"));
  }

  private static PrefetchChoice prefetch(String text) throws Refusal {
    if (text.startsWith(READAHEAD)) {
      long bytes = ByteSize.parse("--prefetch", text.substring(READAHEAD.length()));
      if (bytes < 1 || bytes > READAHEAD_BYTES_MAX) {
        throw usage("--prefetch " + text, "give a readahead up to 64M");
      }
      return PrefetchChoice.fixed((int) bytes);
    }
    return switch (text) {
      case "on" -> PrefetchChoice.ON;
      case "off" -> PrefetchChoice.OFF;
      case "obl" -> PrefetchChoice.fixed(1);
      default -> throw usage("--prefetch " + text, "give on, off, obl or readahead:128K");
    };
  }

  private static double share(String text) throws Refusal {
    try {
      if (text.endsWith("%")) {
        double share = Double.parseDouble(text.substring(0, text.length() - 1)) / 100;
        if (share > 0 && share < 1) {
          return share;
        }
      }
    } catch (NumberFormatException _) {
      // refused below
    }
    throw usage("--restart-at " + text, "give a share between 0% and 100%");
  }

  private static boolean isFirst(String option, String text, String first, String second)
      throws Refusal {
    if (!text.equals(first) && !text.equals(second)) {
      throw usage(option + " " + text, "give " + first + " or " + second);
    }
    return text.equals(first);
  }

  private static Refusal usage(String why, String fix) {
    return new Refusal(ExitCode.USAGE, "cannot simulate", why, fix);
  }
}
