package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;

/**
 * The rule for names that come from outside: one entry of one directory, nothing that could lead
 * elsewhere. The kernel is not the only sender, so nobody's check before this one is trusted.
 */
public final class Names {
  /** NAME_MAX of linux/limits.h; XATTR_NAME_MAX is the same. */
  private static final int NAME_BYTES_MAX = 255;

  private Names() {}

  /** A directory entry's name, or EINVAL or ENAMETOOLONG. */
  public static byte[] checkEntry(byte[] name) {
    if (name.length > NAME_BYTES_MAX) {
      throw new BackingException(Errno.ENAMETOOLONG, "name", Failures.text(name));
    }
    boolean dots =
        name.length <= 2 && name.length > 0 && name[0] == '.' && name[name.length - 1] == '.';
    if (name.length == 0 || dots || contains(name, '/') || contains(name, 0)) {
      throw new BackingException(Errno.EINVAL, "name", Failures.text(name));
    }
    return name;
  }

  /** An extended attribute's name, or EINVAL or ERANGE, as the kernel has it. */
  static byte[] checkAttribute(byte[] name) {
    if (name.length == 0 || name.length > NAME_BYTES_MAX) {
      throw new BackingException(Errno.ERANGE, "xattr name", Failures.text(name));
    }
    return checkBytes(name, "xattr name");
  }

  /** Bytes that a zero would cut off. */
  static byte[] checkBytes(byte[] bytes, String what) {
    if (contains(bytes, 0)) {
      throw new BackingException(Errno.EINVAL, what, Failures.text(bytes));
    }
    return bytes;
  }

  private static boolean contains(byte[] bytes, int wanted) {
    for (byte b : bytes) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }
}
