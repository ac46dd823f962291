package io.emberfs.app.config;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms}, {@code 10s}, {@code 5m}. */
public final class TimeSpan {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final Pattern AGE = Pattern.compile("([0-9]{1,6})([mhd])");

  private TimeSpan() {}

  /**
   * Reads a duration.
   *
   * @param option the option's name, for the message
   * @return 0 or more
   */
  public static Duration parse(String option, String text) throws Refusal {
    return parse(
        option,
        text,
        DURATION,
        "it is not a duration",
        "give a number with ms, s or m, such as 500ms, 10s, 5m");
  }

  /**
   * Reads an age, which is a longer duration.
   *
   * @param option the option's name, for the message
   * @return 0 or more
   */
  public static Duration parseAge(String option, String text) throws Refusal {
    return parse(
        option,
        text,
        AGE,
        "it is not an age",
        "give a number with m, h or d, such as 90m, 12h, 30d");
  }

  private static Duration parse(String option, String text, Pattern form, String why, String fix)
      throws Refusal {
    Matcher matcher = form.matcher(text);
    if (!matcher.matches()) {
      throw new Refusal(ExitCode.USAGE, "cannot use " + option + " " + text, why, fix);
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      default -> Duration.ofMinutes(number);
    };
  }
}
