package io.emberfs.persistence.state;

/**
 * One run of a daemon.
 *
 * @param beganMillis when it began, in milliseconds since 1970; 0 if that is not known
 * @param pid its process; 0 if that is not known
 * @param version of emberfs; empty if that is not known
 */
public record Run(long beganMillis, long pid, String version) {
  static final int VERSION_LENGTH_MAX = 64;

  /** One that left a mark which cannot be read. */
  static final Run UNKNOWN = new Run(0, 0, "");

  public Run {
    if (version.length() > VERSION_LENGTH_MAX) {
      throw new IllegalArgumentException("a version of " + version.length() + " characters");
    }
  }
}
