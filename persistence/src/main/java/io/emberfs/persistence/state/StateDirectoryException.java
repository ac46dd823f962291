package io.emberfs.persistence.state;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A state directory cannot be used; nothing in it was changed. The app makes the message for the
 * user.
 */
public final class StateDirectoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Problem {
    /**
     * Another daemon has it; {@link StateDirectoryException#detail} is its process id, where known.
     */
    IN_USE,
    /** A newer emberfs wrote it; the detail is the format's version. */
    NEWER_VERSION,
    /** It belongs to another backing; the detail is that one's path. */
    OTHER_BACKING,
    /** Others may look in, or it belongs to somebody else; the detail is mode or owner. */
    NOT_PRIVATE,
    /** The detail is what was refused. */
    NO_PERMISSION,
    NO_SPACE,
    /** The detail is the system's message. */
    READ_ONLY,
    NOT_A_DIRECTORY,
    /** It holds files that are not a state directory's; the detail is the name of one. */
    NOT_OURS,
    /** Any other failure; the detail is the system's message. */
    FAILED;

    /**
     * Whether it is the device that does not work, and not the directory that is the wrong one: a
     * mount can do without, and whoever uses the directory finds out again.
     */
    public boolean isOfDevice() {
      return switch (this) {
        case NO_SPACE, READ_ONLY, FAILED -> true;
        case IN_USE,
            NEWER_VERSION,
            OTHER_BACKING,
            NOT_PRIVATE,
            NO_PERMISSION,
            NOT_A_DIRECTORY,
            NOT_OURS ->
            false;
      };
    }
  }

  private final Problem problem;
  private final String directory;
  private final String detail;

  StateDirectoryException(
      Problem problem, Path directory, String detail, @Nullable Throwable cause) {
    super("state directory %s: %s (%s)".formatted(directory, problem, detail), cause);
    this.problem = problem;
    this.directory = directory.toString();
    this.detail = detail;
  }

  public Problem problem() {
    return problem;
  }

  /** The directory as it was given. */
  public String directory() {
    return directory;
  }

  /** What {@link Problem} says about it; empty where there is nothing to say. */
  public String detail() {
    return detail;
  }
}
