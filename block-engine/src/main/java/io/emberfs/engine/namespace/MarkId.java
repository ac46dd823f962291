package io.emberfs.engine.namespace;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** 128 random bits that one state of a backing has in common with what was saved of it. */
record MarkId(long high, long low) {
  private static final int DIGITS = Long.SIZE / 4;

  static MarkId drawn(RandomGenerator random) {
    return new MarkId(random.nextLong(), random.nextLong());
  }

  /** Null for any other text. */
  static @Nullable MarkId parse(String text) {
    if (text.length() != 2 * DIGITS) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      if (!HexFormat.isHexDigit(text.charAt(i))) {
        return null;
      }
    }
    return new MarkId(
        HexFormat.fromHexDigitsToLong(text, 0, DIGITS),
        HexFormat.fromHexDigitsToLong(text, DIGITS, 2 * DIGITS));
  }

  @Override
  public String toString() {
    HexFormat digits = HexFormat.of();
    return digits.toHexDigits(high) + digits.toHexDigits(low);
  }
}
