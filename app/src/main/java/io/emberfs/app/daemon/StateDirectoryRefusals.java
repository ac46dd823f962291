package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.persistence.state.StateDirectoryException;
import java.nio.file.Path;

/** What a user is told when a state directory cannot be used. */
final class StateDirectoryRefusals {
  private StateDirectoryRefusals() {}

  static Refusal of(Path mountPoint, StateDirectoryException failed) {
    String what = "cannot mount on " + mountPoint;
    String directory = failed.directory();
    return switch (failed.problem()) {
      case IN_USE ->
          new Refusal(
              ExitCode.BUSY,
              what,
              "the state directory " + directory + " is in use by pid " + failed.detail(),
              "unmount that mount first, or give another --state-dir");
      case NEWER_VERSION ->
          new Refusal(
              ExitCode.CONFIGURATION,
              what,
              "a newer emberfs wrote the state directory "
                  + directory
                  + " (format "
                  + failed.detail()
                  + ")",
              "use that version, or give another --state-dir; nothing was changed");
      case OTHER_BACKING ->
          new Refusal(
              ExitCode.CONFIGURATION,
              what,
              "the state directory " + directory + " belongs to " + failed.detail(),
              "give another --state-dir; nothing was changed");
      case NOT_PRIVATE ->
          new Refusal(
              ExitCode.PERMISSION,
              what,
              "others may enter the state directory " + directory + " (" + failed.detail() + ")",
              "chown it to yourself and chmod 700 it; it holds what files contain");
      case NO_PERMISSION ->
          new Refusal(
              ExitCode.PERMISSION,
              what,
              "no permission for the state directory " + directory + " (" + failed.detail() + ")",
              "give another --state-dir, or run as its owner");
      case NO_SPACE ->
          new Refusal(
              ExitCode.FAILED,
              what,
              "no space left for the state directory " + directory,
              "free some, or give a --state-dir on another disk");
      case NOT_A_DIRECTORY ->
          new Refusal(
              ExitCode.CONFIGURATION,
              what,
              "the state directory " + directory + " is not a directory",
              "give another --state-dir");
      case NOT_OURS ->
          new Refusal(
              ExitCode.CONFIGURATION,
              what,
              "the state directory " + directory + " holds other files (" + failed.detail() + ")",
              "give an empty or a new --state-dir; nothing was changed");
      case READ_ONLY ->
          new Refusal(
              ExitCode.PERMISSION,
              what,
              "the state directory " + directory + " lies on a read-only file system",
              "give another --state-dir, or remount that file system");
      case FAILED ->
          new Refusal(
              ExitCode.FAILED,
              what,
              "the state directory " + directory + " cannot be used: " + failed.detail(),
              "give another --state-dir");
    };
  }
}
