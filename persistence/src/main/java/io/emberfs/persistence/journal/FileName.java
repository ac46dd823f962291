package io.emberfs.persistence.journal;

import java.util.HexFormat;

/** The names in a journal's folder: a kind and a number of 16 hexadecimal digits. */
enum FileName {
  SEGMENT("segment-"),
  SPARE("spare-"),
  NEW("new-"),
  DAMAGED("damaged-");

  private static final int DIGITS = 16;

  private final String prefix;

  FileName(String prefix) {
    this.prefix = prefix;
  }

  /** The name of this kind and number. */
  String of(long number) {
    return prefix + HexFormat.of().toHexDigits(number);
  }

  boolean isKindOf(String name) {
    return name.startsWith(prefix) && number(name) >= 0;
  }

  /** The number in a name; -1 if it is none of ours. */
  static long number(String name) {
    int digits = name.length() - DIGITS;
    for (FileName kind : values()) {
      if (name.startsWith(kind.prefix) && digits == kind.prefix.length()) {
        long number = parse(name, digits);
        return number >= 0 && kind.of(number).equals(name) ? number : -1;
      }
    }
    return -1;
  }

  private static long parse(String name, int from) {
    for (int i = from; i < name.length(); i++) {
      if (!HexFormat.isHexDigit(name.charAt(i))) {
        return -1;
      }
    }
    return HexFormat.fromHexDigitsToLong(name, from, name.length());
  }
}
