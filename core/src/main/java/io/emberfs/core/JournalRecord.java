package io.emberfs.core;

import java.lang.foreign.MemorySegment;

/**
 * One entry of the {@link WriteJournal}. The records of one file tell, read in their order, what of
 * it the backing may not have yet:
 *
 * <ul>
 *   <li>{@link Named} says where the file is and which content the changes after it belong to;
 *   <li>{@link Written} and {@link Truncated} are the changes;
 *   <li>{@link Flushing} says that all changes before it may be reaching the backing from now on;
 *   <li>{@link Flushed} says that all changes before the last {@link Flushing} have reached it
 *       durably.
 * </ul>
 */
public sealed interface JournalRecord {
  /** Which file it is about. */
  NodeIdentity file();

  /**
   * Where a file is, and the version that the backing showed before the changes that follow.
   *
   * @param path names from the mounted directory down to the file, separated by slashes, not
   *     decoded; it may be another one since. Empty once the mount took the last name away: if the
   *     file is there all the same, a power cut brought it back, to the name that it had
   * @param isDurable whether a power cut cannot take that version, or the file, away again
   */
  record Named(FileVersion version, byte[] path, boolean isDurable) implements JournalRecord {
    @Override
    public NodeIdentity file() {
      return version.identity();
    }
  }

  /**
   * Bytes that replace what the file had there, or extend it.
   *
   * @param wallNanos when, in nanoseconds since 1970: the file's modification time from then on
   * @param bytes of the record's maker; valid for as long as the call that it is given to
   */
  record Written(NodeIdentity file, long offset, long wallNanos, MemorySegment bytes)
      implements JournalRecord {}

  /**
   * A new size: what lies behind is gone, what is missing reads as zeros.
   *
   * @param wallNanos as of {@link Written}
   */
  record Truncated(NodeIdentity file, long size, long wallNanos) implements JournalRecord {}

  /**
   * The changes before this one are about to reach the backing.
   *
   * @param seen the version of the file before the first of them
   */
  record Flushing(FileVersion seen) implements JournalRecord {
    @Override
    public NodeIdentity file() {
      return seen.identity();
    }
  }

  /** The changes before the last {@link Flushing} are durable in the backing. */
  record Flushed(NodeIdentity file) implements JournalRecord {}
}
