package io.emberfs.engine.file;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One open of a file. Readers share the descriptor of {@link FileState}; a writer has one of its
 * own, so that the kernel reports each write error once to each open.
 */
public final class OpenFile implements BlockCache.CachedFile {
  private final BackingNode node;
  private final FileState state;
  private final @Nullable BackingFile writer;
  private final boolean unchangedSinceLastOpen;

  /** The file's shared descriptor, borrowed at the first read that passes through. */
  private volatile @Nullable BackingFile reader;

  /** Where the last read ended. A torn or stale value costs a guess, so it is plain. */
  private long nextOffset;

  /** Bytes read in order up to there; as plain as {@link #nextOffset}. */
  private long streakBytes;

  /**
   * @param writer this open's own descriptor, or null for a read-only open; closed with it
   */
  public OpenFile(
      BackingNode node,
      FileState state,
      @Nullable BackingFile writer,
      boolean unchangedSinceLastOpen) {
    this.node = node;
    this.state = state;
    this.writer = writer;
    this.unchangedSinceLastOpen = unchangedSinceLastOpen;
  }

  @Override
  public BackingNode node() {
    return node;
  }

  @Override
  public boolean unchangedSinceLastOpen() {
    return unchangedSinceLastOpen;
  }

  /** What the engine knows of the file. */
  public FileState state() {
    return state;
  }

  /** The descriptor to write through, or EBADF. */
  public BackingFile writer() {
    BackingFile file = writer;
    if (file == null) {
      throw new BackingException(Errno.EBADF, "write", "a file opened for reading");
    }
    return file;
  }

  /** The descriptor to write through, or null for a read-only open. */
  public @Nullable BackingFile writerOrNull() {
    return writer;
  }

  /**
   * The file's shared descriptor, borrowed until {@link #close}: no lock but the first time.
   *
   * @throws BackingException if it cannot be opened
   */
  public BackingFile reader(BackingStore store) {
    BackingFile borrowed = reader;
    return borrowed != null ? borrowed : borrow(store);
  }

  /** As {@link #reader}, but null where it would have to be opened first. */
  public @Nullable BackingFile readerOrNull() {
    return reader;
  }

  private synchronized BackingFile borrow(BackingStore store) {
    BackingFile borrowed = reader;
    if (borrowed == null) {
      borrowed = state.acquireFile(store);
      if (borrowed == null) {
        throw new BackingException(Errno.EBADF, "read", "file " + state.fileId() + " is not open");
      }
      reader = borrowed;
    }
    return borrowed;
  }

  /**
   * Notes a read and tells whether it went on where the last one ended; the first one does at
   * offset 0.
   */
  public boolean continues(long offset, long end) {
    boolean sequential = offset == nextOffset;
    streakBytes = sequential ? streakBytes + (end - offset) : 0;
    nextOffset = end;
    return sequential;
  }

  /**
   * Bytes that were read in order up to the last read, this one included; 0 if it came from
   * elsewhere.
   */
  public long streakBytes() {
    return streakBytes;
  }

  /** Ends this open. */
  public void close() {
    if (writer != null) {
      writer.close();
    }
    if (reader != null) {
      state.releaseFile();
    }
    state.closed();
  }
}
