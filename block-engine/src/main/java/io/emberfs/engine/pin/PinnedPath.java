package io.emberfs.engine.pin;

/**
 * One pin.
 *
 * @param path as in {@link io.emberfs.core.Pins}
 * @param tiers in which the file is to be kept: {@link #RAM}, {@link #SSD} or both
 * @param forced those of them in which more than the usual share was asked for
 * @param fileId the engine's number of the file that is there, or {@link #UNKNOWN}
 * @param sizeBytes of that file when it was looked at last
 */
record PinnedPath(String path, int tiers, int forced, long fileId, long sizeBytes) {
  static final int RAM = 1;
  static final int SSD = 2;

  /** No file has been found at the path yet. */
  static final long UNKNOWN = 0;

  /** Bytes of a path: programs cannot name longer ones. */
  static final int PATH_BYTES_MAX = 4096;

  /** The bit of a tier's name; 0 for one in which nothing can be pinned. */
  static int tierBit(String tierName) {
    return switch (tierName) {
      case "ram" -> RAM;
      case "ssd" -> SSD;
      default -> 0;
    };
  }

  /** The same pin of what was found at its path. */
  PinnedPath of(FoundFile found) {
    return new PinnedPath(path, tiers, forced, found.fileId(), found.sizeBytes());
  }

  /** The same file, with more than the usual share of some of its tiers. */
  PinnedPath withForce(int tierBits) {
    return new PinnedPath(path, tiers, forced | tierBits, fileId, sizeBytes);
  }

  /** The same file, no longer in some tiers. */
  PinnedPath without(int tierBits) {
    return new PinnedPath(path, tiers & ~tierBits, forced & ~tierBits, fileId, sizeBytes);
  }
}
