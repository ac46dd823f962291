package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.persistence.state.StateDirectoryException;
import java.nio.file.Path;

/** What a user is told when a state directory cannot be used. */
public final class StateDirectoryRefusals {
  private static final String ANOTHER = "give another --state-dir";
  private static final String UNCHANGED = "; nothing was changed";
  private static final String ONE_OF_A_MOUNT =
      "give the state directory of a mount: what its --state-dir said, or one below the cache home";

  private StateDirectoryRefusals() {}

  /** Of a directory that a mount was to use. */
  static Refusal ofMount(Path mountPoint, StateDirectoryException failed) {
    String fix =
        switch (failed.problem()) {
          case IN_USE -> "unmount that mount first, or " + ANOTHER;
          case NEWER_VERSION -> "use that version, or " + ANOTHER + UNCHANGED;
          case OTHER_BACKING -> ANOTHER + UNCHANGED;
          case NOT_PRIVATE -> "chown it to yourself and chmod 700 it; it holds what files contain";
          case NO_PERMISSION -> ANOTHER + ", or run as its owner";
          case NO_SPACE -> "free some, or give a --state-dir on another disk";
          case NOT_OURS -> "give an empty or a new --state-dir" + UNCHANGED;
          case READ_ONLY -> ANOTHER + ", or remount that file system";
          case NOT_A_DIRECTORY, NO_STATE, FAILED -> ANOTHER;
        };
    return refusal("cannot mount on " + mountPoint, failed, fix);
  }

  /**
   * Of a directory that was to be looked at, or repaired, while no mount has it.
   *
   * @param what was to be done, for example {@code cannot check /var/cache/emberfs/x}
   */
  public static Refusal ofLook(String what, StateDirectoryException failed) {
    String fix =
        switch (failed.problem()) {
          case IN_USE -> "unmount that mount first; emberfs scrub verifies what a mount has";
          case NEWER_VERSION -> "use that version" + UNCHANGED;
          case NOT_PRIVATE, NO_PERMISSION -> "run as its owner";
          case NO_SPACE -> "free some";
          case READ_ONLY -> "remount that file system";
          case OTHER_BACKING, NOT_A_DIRECTORY, NOT_OURS, NO_STATE -> ONE_OF_A_MOUNT + UNCHANGED;
          case FAILED -> "see the kernel's log, the device may be sick";
        };
    return refusal(what, failed, fix);
  }

  private static Refusal refusal(String what, StateDirectoryException failed, String fix) {
    String directory = "the state directory " + failed.directory();
    String detail = " (" + failed.detail() + ")";
    return switch (failed.problem()) {
      case IN_USE ->
          new Refusal(ExitCode.BUSY, what, directory + " is in use by pid " + failed.detail(), fix);
      case NEWER_VERSION ->
          new Refusal(
              ExitCode.CONFIGURATION,
              what,
              "a newer emberfs wrote " + directory + " (format " + failed.detail() + ")",
              fix);
      case OTHER_BACKING ->
          new Refusal(
              ExitCode.CONFIGURATION, what, directory + " belongs to " + failed.detail(), fix);
      case NOT_PRIVATE ->
          new Refusal(ExitCode.PERMISSION, what, "others may enter " + directory + detail, fix);
      case NO_PERMISSION ->
          new Refusal(ExitCode.PERMISSION, what, "no permission for " + directory + detail, fix);
      case NO_SPACE -> new Refusal(ExitCode.FAILED, what, "no space left for " + directory, fix);
      case NOT_A_DIRECTORY ->
          new Refusal(ExitCode.CONFIGURATION, what, directory + " is not a directory", fix);
      case NOT_OURS ->
          new Refusal(ExitCode.CONFIGURATION, what, directory + " holds other files" + detail, fix);
      case NO_STATE ->
          new Refusal(ExitCode.CONFIGURATION, what, directory + " is none" + detail, fix);
      case READ_ONLY ->
          new Refusal(
              ExitCode.PERMISSION, what, directory + " lies on a read-only file system", fix);
      case FAILED ->
          new Refusal(
              ExitCode.FAILED, what, directory + " cannot be used: " + failed.detail(), fix);
    };
  }
}
