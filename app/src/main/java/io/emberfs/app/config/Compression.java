package io.emberfs.app.config;

/**
 * What blocks are compressed with, in the warm part of RAM and on their way to the SSD tier.
 *
 * @param choice which codec
 * @param zstdLevel how hard Zstandard tries; of no meaning to the others
 */
public record Compression(Choice choice, int zstdLevel) {
  private static final int ZSTD_LEVEL_DEFAULT = 1;

  /** Which codec. */
  public enum Choice {
    /**
     * A fast one in RAM, one that makes more of the space on the SSD; what does not shrink is left
     * alone.
     */
    AUTO,
    LZ4,
    ZSTD,
    GZIP,
    SNAPPY,
    /** None. */
    OFF
  }

  /** A choice at the default level. */
  public static Compression of(Choice choice) {
    return new Compression(choice, ZSTD_LEVEL_DEFAULT);
  }
}
