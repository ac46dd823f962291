package io.emberfs.app.config;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes as people write them: {@code 4096}, {@code 64K}, {@code 2G}, {@code 1T} (binary, in either
 * case), or a share such as {@code 25%}.
 */
public final class ByteSize {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})([KMGTkmgt]?)");
  private static final Pattern SHARE = Pattern.compile("([0-9]{1,3})%");
  private static final String UNITS = "KMGT";
  private static final int BITS_PER_UNIT = 10;

  private ByteSize() {}

  /**
   * Reads a size.
   *
   * @param option the option's name, for the message
   * @return bytes, 0 or more
   */
  public static long parse(String option, String text) throws Refusal {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw malformed(option, text, "give bytes or a size such as 64K, 512M, 2G, 1T");
    }
    return scaled(option, text, matcher);
  }

  /**
   * Reads a size, or a share of {@code whole}.
   *
   * @param whole bytes that 100% stands for
   * @return bytes, 0 or more
   */
  public static long parseOrShare(String option, String text, long whole) throws Refusal {
    Matcher share = SHARE.matcher(text);
    if (share.matches()) {
      int percent = Integer.parseInt(share.group(1));
      if (percent > 100) {
        throw malformed(option, text, "give a share from 0% to 100%");
      }
      return whole / 100 * percent;
    }
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw malformed(
          option, text, "give bytes, a size such as 512M or 2G, or a share such as 25%");
    }
    return scaled(option, text, size);
  }

  /** The shortest form with at most one decimal: {@code 64K}, {@code 1.5G}, {@code 17 B}. */
  public static String format(long bytes) {
    if (bytes < 1L << BITS_PER_UNIT) {
      return bytes + " B";
    }
    int unit =
        Math.min(
            UNITS.length(), (Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes)) / BITS_PER_UNIT);
    double value = bytes / (double) (1L << unit * BITS_PER_UNIT);
    long tenths = Math.round(value * 10);
    // By hand: a Formatter loads the locales, which a mount would wait for.
    return (tenths % 10 == 0 ? "" + tenths / 10 : tenths / 10 + "." + tenths % 10)
        + UNITS.charAt(unit - 1);
  }

  private static long scaled(String option, String text, Matcher matcher) throws Refusal {
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2).toUpperCase(Locale.ROOT);
    int shift = unit.isEmpty() ? 0 : (UNITS.indexOf(unit) + 1) * BITS_PER_UNIT;
    if (number > Long.MAX_VALUE >> shift) {
      throw malformed(option, text, "give less than 8388608T");
    }
    return number << shift;
  }

  private static Refusal malformed(String option, String text, String fix) {
    return new Refusal(
        ExitCode.USAGE, "cannot use " + option + " " + text, "it is not a size", fix);
  }
}
