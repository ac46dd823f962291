package io.emberfs.predictor.stream;

/**
 * One reader's way through one file. Mutable, owned by {@link StreamTable}; an unused place has
 * {@code touches == 0}.
 */
final class Stream {
  /** Where a stream is heading. */
  enum Direction {
    UNKNOWN,
    FORWARD,
    REVERSE
  }

  long fileId;
  long fileSize;

  /**
   * The end at which the stream began: of a forward stream its lowest byte, of a reverse one the
   * byte behind its highest.
   */
  long origin;

  /**
   * Lowest byte read and the byte behind the highest; the front is at one of them, by direction.
   */
  long low;

  long high;

  Direction direction = Direction.UNKNOWN;

  /** Accesses that moved the front, the first included. */
  int touches;

  /**
   * How surprising the continuations were, in half bits, beyond what chance would do; 0 or more.
   */
  int evidenceHalfBits;

  /** Position of the last touch in the sequence of all accesses. */
  long lastTouch;

  /** Whether enough continuations were seen for proposals. */
  boolean confirmed;

  /** Accesses to the same file since the last touch. */
  long sameFileAge;

  /** Whether the stream was counted as one that stopped; it may yet go on. */
  boolean stopped;

  /** Blocks ahead of the front that may be proposed. */
  int windowBlocks;

  /**
   * The border of what was proposed: the next block to propose, going forward; the last one
   * proposed, in reverse.
   */
  long aheadBlock;

  /** The class of {@link RunLengths} that this stream has arrived at; -1 before it is confirmed. */
  int lengthClass;

  /** Makes this place the stream that begins with an access. */
  void begin(long newFileId, long offset, int length, long newFileSize, long now) {
    fileId = newFileId;
    fileSize = newFileSize;
    origin = offset;
    low = offset;
    high = offset + length;
    direction = Direction.UNKNOWN;
    touches = 1;
    evidenceHalfBits = 0;
    lastTouch = now;
    confirmed = false;
    sameFileAge = 0;
    stopped = false;
    windowBlocks = 0;
    aheadBlock = 0;
    lengthClass = -1;
  }

  /**
   * Whether the front met the end of the file, so that the stream's length says nothing about its
   * patience.
   */
  boolean isAtEnd() {
    return direction == Direction.REVERSE ? low == 0 : high >= fileSize;
  }

  /** Bytes from the beginning of the stream to its front. */
  long lengthBytes() {
    return high - low;
  }
}
