package io.emberfs.engine.namespace;

import org.jspecify.annotations.Nullable;

/**
 * Where the backing said that the next hole or data of a file is.
 *
 * @param offset from where it was looked for
 * @param whence SEEK_DATA or SEEK_HOLE
 * @param position 0 with an errno
 * @param errno why there is none, or 0
 * @param next another answer of the same file
 */
record SeekAnswer(long offset, int whence, long position, int errno, @Nullable SeekAnswer next) {
  /** In memory, about. */
  static final int BYTES = 48;

  /** How many are in this chain. */
  static int count(@Nullable SeekAnswer first) {
    int count = 0;
    for (SeekAnswer each = first; each != null; each = each.next()) {
      count++;
    }
    return count;
  }
}
