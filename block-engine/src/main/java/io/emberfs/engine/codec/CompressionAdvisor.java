package io.emberfs.engine.codec;

import io.emberfs.core.BlockKey;

/**
 * Tells of a file whether its blocks have been shrinking lately: pictures, films and archives do
 * not, and each try costs the time of a block that does.
 *
 * <p>For each file the last run of equal outcomes is counted, up to a few. After {@link
 * #SURE_AFTER} that shrank, blocks are tried without a look; after {@link #HOPELESS_AFTER} that did
 * not, only every {@link #RETRY_EVERY}th block is looked at, so that a file can be learned anew.
 * One outcome of the other kind ends a run.
 *
 * <p>Files share a table of one byte each by the hash of their number, without knowing of each
 * other: two on one byte are advised as if they were one file, which costs time or space and
 * nothing else. For the same reason any thread may call at any time without a lock: a lost count is
 * a worse guess.
 */
final class CompressionAdvisor {
  /** What to do with a block. */
  enum Advice {
    /** Its file's blocks shrink. */
    TRY,
    /** Nothing is sure; a sample will tell. */
    SAMPLE,
    /** Its file's blocks do not shrink. */
    SKIP
  }

  static final int SURE_AFTER = 2;
  static final int HOPELESS_AFTER = 4;
  static final int RETRY_EVERY = 16;

  private static final int FILES = 1 << 14;

  /** The value after which a block is looked at again; those between count the blocks skipped. */
  private static final int RETRY = -HOPELESS_AFTER - (RETRY_EVERY - 1);

  /** The last run of each file: above 0 of blocks that shrank, below 0 of those that did not. */
  private final byte[] runs = new byte[FILES];

  /** What to do with the next block of a file. Each call counts as one block. */
  Advice next(long fileId) {
    int place = place(fileId);
    int run = runs[place];
    if (run >= SURE_AFTER) {
      return Advice.TRY;
    }
    if (run <= -HOPELESS_AFTER && run > RETRY) {
      runs[place] = (byte) (run - 1);
      return Advice.SKIP;
    }
    return Advice.SAMPLE;
  }

  /** Takes note of what became of a block that was not skipped. */
  void learn(long fileId, boolean shrank) {
    int place = place(fileId);
    int run = runs[place];
    if (shrank) {
      runs[place] = (byte) Math.min(SURE_AFTER, Math.max(run, 0) + 1);
    } else {
      runs[place] = (byte) Math.max(-HOPELESS_AFTER, Math.min(run, 0) - 1);
    }
  }

  private static int place(long fileId) {
    return (int) BlockKey.hash(fileId, 0) & (FILES - 1);
  }
}
