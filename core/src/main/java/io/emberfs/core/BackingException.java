package io.emberfs.core;

/**
 * The backing refused an operation. Carries the errno, which becomes the errno of the reply. Has no
 * stack trace: a missing name is an everyday answer.
 */
public final class BackingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param errno Linux errno, positive
   * @param operation the call, for example {@code openat}
   * @param subject what it was about: a name or an inode
   */
  public BackingException(int errno, String operation, String subject) {
    super(operation + " " + subject + ": errno " + errno, null, false, false);
    this.errno = errno;
  }

  /** Linux errno, positive. */
  public int errno() {
    return errno;
  }
}
