package io.emberfs.app.config;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms}, {@code 10s}, {@code 5m}. */
public final class TimeSpan {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m)");

  private static final Pattern AGE = Pattern.compile("([0-9]{1,6})([mhd])");

  private TimeSpan() {}

  /**
   * Reads a duration.
   *
   * @param option the option's name, for the message
   * @return 0 or more
   */
  public static Duration parse(String option, String text) throws Refusal {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use " + option + " " + text,
          "it is not a duration",
          "give a number with ms, s or m, such as 500ms, 10s, 5m");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      default -> Duration.ofMinutes(number);
    };
  }

  /**
   * Reads an age, which is a longer duration.
   *
   * @param option the option's name, for the message
   * @return 0 or more
   */
  public static Duration parseAge(String option, String text) throws Refusal {
    Matcher matcher = AGE.matcher(text);
    if (!matcher.matches()) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use " + option + " " + text,
          "it is not an age",
          "give a number with m, h or d, such as 90m, 12h, 30d");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }
}
