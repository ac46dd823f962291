package io.emberfs.core;

import java.util.List;
import java.util.Map;

/**
 * Which files the tiers are asked to keep. A pin is a path below the mounted directory and belongs
 * to whatever regular file is there: one that is renamed over the path takes the pin over, and a
 * pin whose path leads nowhere is dropped. Pins survive the mount.
 *
 * <p>Paths are relative, without a slash at either end, the mounted directory itself being empty.
 * They are bytes, never decoded: each character of a string here stands for the byte of its number
 * (ISO 8859-1).
 *
 * <p>Any thread; every call may wait for the backing.
 */
public interface Pins {
  /** Files that can be pinned. */
  int FILES_MAX = 1 << 16;

  /** Share of a tier, in per cent, that can be pinned by force. */
  int PERCENT_FORCED = 90;

  /**
   * Pins files, and those below directories as they are now: all of them or none.
   *
   * @param tierName {@link Tier#name()}
   * @param isForced up to {@link #PERCENT_FORCED} of the tier, else up to {@link
   *     TierPins#PERCENT_DEFAULT}
   */
  Outcome pin(List<String> paths, String tierName, boolean isForced);

  /**
   * Takes the pins of files, and of those below directories, away.
   *
   * @param tierName a tier's name or {@code all}
   */
  Outcome unpin(List<String> paths, String tierName);

  /**
   * The pins of these files and of those below these directories, in the order of their paths.
   *
   * @param after the last path of the answer before; empty at first
   * @param countMax length of the answer at most
   */
  List<Pin> list(List<String> paths, String after, int countMax);

  /**
   * One pinned file.
   *
   * @param sizeBytes of the file when it was looked at last
   * @param cachedBytes of the file now, in each tier that it is pinned in, by the tier's name; 0
   *     until it was looked at after a mount
   */
  record Pin(String path, long sizeBytes, Map<String, Long> cachedBytes) {
    public Pin {
      cachedBytes = Map.copyOf(cachedBytes);
    }
  }

  /** What became of a call. Nothing has changed, unless it is {@link Done}. */
  sealed interface Outcome {
    /**
     * It was done.
     *
     * @param fileCount files that were named
     * @param sizeBytes of these files together
     */
    record Done(int fileCount, long sizeBytes) implements Outcome {}

    /**
     * More would be pinned than may be.
     *
     * @param bytes that would be pinned in the tier, whole pages counted
     * @param bytesMax that may be pinned without force
     * @param bytesForced that may be pinned by force
     */
    record NoRoom(long bytes, long bytesMax, long bytesForced) implements Outcome {}

    /** More than {@link #FILES_MAX} files would be pinned. */
    record TooMany() implements Outcome {}

    /** The mount has no such tier, or it is switched off. */
    record NoTier() implements Outcome {}

    /** There is neither a file nor a directory at the path. */
    record Absent(String path) implements Outcome {}

    /** Something else is in the way: the backing, or the disk that pins are saved on. */
    record Failed(String reason) implements Outcome {}
  }
}
