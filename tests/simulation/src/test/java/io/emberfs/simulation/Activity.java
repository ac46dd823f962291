package io.emberfs.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that an actor does, from its beginning to its end: an operation of a program, or a step
 * of a role. What the world did to it on the way is noted here.
 */
final class Activity {
  private enum Window {
    NOT_YET,
    OPEN,
    CHANGED,
    OVER
  }

  private final String what;
  private final @Nullable FileHistory changes;
  private final List<FileHistory.Landing> landings = new ArrayList<>();
  private Window window = Window.NOT_YET;
  private boolean faulted;
  private int lastEvent = -1;
  private long appliedBytes;
  private boolean passedThrough;

  /**
   * @param changes the file that this operation changes; null if it changes none
   */
  Activity(String what, @Nullable FileHistory changes) {
    this.what = what;
    this.changes = changes;
  }

  String what() {
    return what;
  }

  /** A fault was injected: an error of this operation is no surprise. */
  void noteFault() {
    faulted = true;
  }

  boolean isFaulted() {
    return faulted;
  }

  /** This operation put a file into the state of this index. */
  void noteEvent(int index, long bytes) {
    lastEvent = index;
    appliedBytes = bytes;
  }

  /** The last state that this operation made; -1 if none. */
  int lastEvent() {
    return lastEvent;
  }

  /** Bytes that the backing took. */
  long appliedBytes() {
    return appliedBytes;
  }

  /** Bytes came straight from the backing, past every tier. */
  void notePassedThrough() {
    passedThrough = true;
  }

  boolean isPassedThrough() {
    return passedThrough;
  }

  /**
   * Somebody looked at a file's version. The first look and the one after the change bracket an own
   * change: what others do in between is a limit that docs/ARCHITECTURE.md names.
   */
  void noteLook(FileHistory file) {
    if (file != changes) {
      return;
    }
    if (window == Window.NOT_YET) {
      window = Window.OPEN;
      file.enterWindow();
    } else if (window == Window.CHANGED) {
      window = Window.OVER;
      file.leaveWindow();
    }
  }

  /** The change was tried, with or without success. */
  void noteChange(FileHistory file) {
    if (file == changes && window == Window.OPEN) {
      window = Window.CHANGED;
    }
  }

  /** It was under way when somebody else's bytes reached a file. */
  void sawLanding(FileHistory.Landing landing) {
    landings.add(landing);
  }

  /** It is over, one way or another. */
  void end() {
    if (changes != null && (window == Window.OPEN || window == Window.CHANGED)) {
      window = Window.OVER;
      changes.leaveWindow();
    }
    landings.forEach(landing -> landing.left(this));
    landings.clear();
  }
}
