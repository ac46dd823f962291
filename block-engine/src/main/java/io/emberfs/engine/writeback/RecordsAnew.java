package io.emberfs.engine.writeback;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Makes the journal's oldest records superfluous: for a file that cannot be flushed. */
final class RecordsAnew {
  /** Beyond that a long journal is the lesser evil. */
  private static final long ZERO_BYTES_MAX = 64L << 20;

  private final BackingStore store;
  private final ChangeLog log;

  RecordsAnew(BackingStore store, ChangeLog log) {
    this.store = store;
    this.log = log;
  }

  /**
   * Appends all changes of a file anew, so that its records until now are not needed. The file's
   * lock is held, no flush runs, and {@link Flusher#attach} found it dirty.
   *
   * <p>Each record says what is so already: after an end in between, the records until now and some
   * of these mean the same as before. So nothing is cut here; what was cut off and lies in the
   * backing still is written as zeros.
   *
   * @return false, and nothing happened, if that would be too many zeros
   */
  boolean append(DirtyFile file) throws IOException {
    BackingNode node = Flusher.nodeOf(file);
    FileVersion version = store.version(node);
    DirtyLayer changes = file.changes();
    long zerosEnd = Math.min(file.size(), version.size());
    if (zerosEnd - Math.min(zerosEnd, changes.kept()) - changes.bytes() > ZERO_BYTES_MAX) {
      return false;
    }
    long first = log.nextSequence();
    JournalRecord.Named named =
        file.isNameless()
            ? file.named(version, file.isLasting())
            : new JournalRecord.Named(version, store.path(node), file.isLasting());
    log.append(file, named);
    file.rebase(named);
    log.append(file, new JournalRecord.Truncated(file.identity(), file.size(), file.mtimeNanos()));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Flusher.bufferBytes(changes));
      MemorySegment zeros = arena.allocate(Flusher.RUN_BYTES_MAX);
      long[] end = {changes.kept()};
      changes.forEachRun(
          buffer,
          (offset, bytes) -> {
            appendZeros(file, zeros, end[0], Math.min(offset, zerosEnd));
            appendBytes(file, offset, bytes);
            end[0] = Math.max(end[0], offset + bytes.byteSize());
          });
      appendZeros(file, zeros, end[0], zerosEnd);
    }
    file.journaledFrom(first);
    return true;
  }

  private void appendZeros(DirtyFile file, MemorySegment zeros, long from, long to)
      throws IOException {
    for (long at = from; at < to; at += zeros.byteSize()) {
      appendBytes(file, at, zeros.asSlice(0, Math.min(zeros.byteSize(), to - at)));
    }
  }

  private void appendBytes(DirtyFile file, long offset, MemorySegment bytes) throws IOException {
    log.append(file, new JournalRecord.Written(file.identity(), offset, file.mtimeNanos(), bytes));
  }
}
