package io.emberfs.engine.namespace;

import java.util.Arrays;

/**
 * A name as it is: bytes, compared one by one. The array is not changed by anybody.
 *
 * <p>Names that somebody chose for their equal hashes must not make a table slow: it orders them.
 */
final class EntryName implements Comparable<EntryName> {
  private final byte[] bytes;
  private final int hash;

  EntryName(byte[] bytes) {
    this.bytes = bytes;
    hash = Arrays.hashCode(bytes);
  }

  byte[] bytes() {
    return bytes;
  }

  /** Whether every byte is a character of its own in any encoding. */
  boolean isAscii() {
    for (byte each : bytes) {
      if (each < 0) {
        return false;
      }
    }
    return true;
  }

  boolean isDots() {
    return bytes[0] == '.' && (bytes.length == 1 || bytes.length == 2 && bytes[1] == '.');
  }

  /** The name with its first ASCII letter in the other case; the same object if it has none. */
  EntryName withOtherCase() {
    for (int i = 0; i < bytes.length; i++) {
      int lower = bytes[i] | ('a' - 'A');
      if (lower >= 'a' && lower <= 'z') {
        byte[] flipped = bytes.clone();
        flipped[i] ^= 'a' - 'A';
        return new EntryName(flipped);
      }
    }
    return this;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EntryName name && hash == name.hash && Arrays.equals(bytes, name.bytes);
  }

  @Override
  public int compareTo(EntryName other) {
    return Arrays.compare(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
