package io.emberfs.core;

import java.util.Optional;

/**
 * The persisted file table: one {@link FileRecord} for each file with cached blocks, in the same
 * database as the blocks, so that after a power cut both show the same moment.
 *
 * <p>Order is the caller's duty and the implementation's promise: a record put after a block was
 * removed is never found with that block still there. Any thread. No call throws for a sick device:
 * a record that cannot be stored is counted and lost, which costs warmth, never bytes.
 */
public interface FileRecords {
  /** The record of a file, or empty if there is none or it does not verify. */
  Optional<FileRecord> find(NodeIdentity identity);

  /**
   * Stores or replaces the record of {@code record.version().identity()}. Survives the death of the
   * process.
   */
  void put(FileRecord record);

  /** Forgets a file and, in the background, its blocks. */
  void remove(NodeIdentity identity, long fileId);

  /**
   * A number that no file had before, in this run or an earlier one of the same state directory,
   * unless that state was put back to an older moment together with every block in it.
   */
  long newFileId();

  /**
   * Another number than before when records may be missing that were put: whoever has them puts
   * them again.
   */
  default int revision() {
    return 0;
  }

  /** Records for a mount without an SSD tier: numbers are fresh in this run, nothing is kept. */
  static FileRecords none() {
    return new FileRecords() {
      private final java.util.concurrent.atomic.AtomicLong lastFileId =
          new java.util.concurrent.atomic.AtomicLong();

      @Override
      public Optional<FileRecord> find(NodeIdentity identity) {
        return Optional.empty();
      }

      @Override
      public void put(FileRecord record) {}

      @Override
      public void remove(NodeIdentity identity, long fileId) {}

      @Override
      public long newFileId() {
        return lastFileId.incrementAndGet();
      }
    };
  }
}
