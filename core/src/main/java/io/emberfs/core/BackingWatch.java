package io.emberfs.core;

/**
 * Hears of changes that others make in directories of a backing, as they happen. What this process
 * does itself is no news. An addition to asking the backing, never instead of it: what somebody
 * changes on another machine, or through a mapping, is not heard of.
 *
 * <p>{@link #add} and {@link #remove} are for any thread, {@link #next} for one.
 */
public interface BackingWatch extends AutoCloseable {
  /**
   * Begins to hear of a directory's names and of the files in it.
   *
   * @param directory stays the caller's, who holds a reference until {@link #remove}
   * @return false if that cannot be, on this file system or now
   */
  boolean add(BackingNode directory);

  /** Ends that; the caller's reference is no longer needed. */
  void remove(BackingNode directory);

  /**
   * Waits for changes and reports what there is, a bounded number.
   *
   * @param millisMax how long to wait for the first
   */
  void next(int millisMax, Listener listener);

  /** Whether one more directory may be watched. */
  boolean hasRoom();

  /** Directories that are watched now. */
  int directoryCount();

  @Override
  void close();

  /** Hears of changes. Methods must not throw. */
  interface Listener {
    /** A name came, went, or was given to something else. */
    void nameChanged(BackingNode directory, byte[] name);

    /** Bytes or attributes of what has this name changed. */
    void contentChanged(BackingNode directory, byte[] name);

    /** Attributes of the directory itself changed. */
    void directoryChanged(BackingNode directory);

    /** There were more changes than could be remembered: anything may have changed. */
    void lostChanges();
  }
}
