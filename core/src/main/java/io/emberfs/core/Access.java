package io.emberfs.core;

/**
 * One use of a file as the predictor sees it. Between hot path and predictor it travels as
 * primitives in a lossy ring; this record exists on the predictor's side only.
 *
 * @param fileId the engine's number of the file
 * @param offset first byte; 0 for open and listing
 * @param length bytes; 0 for open and listing
 * @param fileSize bytes of the file at that time
 * @param nanos time by the injected clock
 * @param operation what was done
 * @param process id of the asking process
 * @param source where the bytes came from
 */
public record Access(
    long fileId,
    long offset,
    int length,
    long fileSize,
    long nanos,
    Operation operation,
    int process,
    Source source) {

  /** What was done. */
  public enum Operation {
    READ,
    WRITE,
    OPEN,
    LISTING;

    private static final Operation[] VALUES = values();

    /** The operation with this ordinal; the ring carries ordinals. */
    public static Operation of(int ordinal) {
      return VALUES[ordinal];
    }
  }

  /** The slowest source that was needed for the bytes. */
  public enum Source {
    NONE,
    RAM,
    VRAM,
    SSD,
    PEER,
    BACKING;

    private static final Source[] VALUES = values();

    /** The source with this ordinal; the ring carries ordinals. */
    public static Source of(int ordinal) {
      return VALUES[ordinal];
    }
  }
}
