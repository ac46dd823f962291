package io.emberfs.persistence.state;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
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
    /** There is none; the detail is what is missing. */
    NO_STATE,
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
            NOT_OURS,
            NO_STATE ->
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

  /** What a failed call says is wrong. */
  static StateDirectoryException explained(Path directory, IOException failure) {
    String reason =
        failure instanceof FileSystemException known ? String.valueOf(known.getReason()) : "";
    Problem problem;
    if (reason.contains("Read-only")
        || String.valueOf(failure.getMessage()).contains("Read-only")) {
      problem = Problem.READ_ONLY;
    } else if (failure instanceof AccessDeniedException
        || reason.contains("Permission denied")
        || reason.contains("not permitted")) {
      problem = Problem.NO_PERMISSION;
    } else if (reason.contains("No space")
        || String.valueOf(failure.getMessage()).contains("No space")) {
      problem = Problem.NO_SPACE;
    } else if (failure instanceof FileAlreadyExistsException
        || reason.contains("Not a directory")) {
      problem = Problem.NOT_A_DIRECTORY;
    } else {
      problem = Problem.FAILED;
    }
    return new StateDirectoryException(
        problem, directory, String.valueOf(failure.getMessage()), failure);
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
