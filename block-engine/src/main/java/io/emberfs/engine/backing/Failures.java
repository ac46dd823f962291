package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import java.nio.charset.StandardCharsets;

/** Turns the negated errno of a native call into an exception. */
final class Failures {
  private Failures() {}

  /** {@code result}, unless it is a negated errno. */
  static int check(int result, String operation, byte[] name) {
    if (result < 0) {
      throw new BackingException(-result, operation, text(name));
    }
    return result;
  }

  /** {@code result}, unless it is a negated errno. */
  static long check(long result, String operation, Object subject) {
    if (result < 0) {
      throw new BackingException((int) -result, operation, subject.toString());
    }
    return result;
  }

  /** A name for a message: one character a byte, since names are never decoded. */
  static String text(byte[] name) {
    return new String(name, StandardCharsets.ISO_8859_1);
  }
}
