package io.emberfs.fuse.dispatch;

/**
 * A request whose bytes are not of its form: too short, a name without end, a name that is no
 * entry's name.
 */
final class MalformedRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedRequestException(String what) {
    super(what, null, false, false);
  }
}
