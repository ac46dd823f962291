package io.emberfs.core;

import java.lang.foreign.MemorySegment;

/**
 * What the file system calls for everything that depends on the bytes of a file: they come from the
 * tiers where they are known to be right, else from the backing. Any thread. Methods throw {@link
 * BackingException} with the errno for the reply.
 *
 * <p>Memory given in stays the caller's, native, and is used until the call, or its completion, is
 * done.
 */
public interface BlockCache extends AutoCloseable {
  /** {@link #readNow} cannot answer without waiting. */
  int WOULD_WAIT = -1;

  /**
   * Opens a regular file: checks its version, so that cached blocks of another content are dead
   * from here on.
   *
   * @param node with a reference of the caller's for as long as the file is open
   * @param flags open(2) flags as the kernel gives them; O_TRUNC truncates
   */
  CachedFile open(BackingNode node, int flags);

  /** As {@link #open} for a file that was just made; takes over {@code created.file()}. */
  CachedFile created(Namespace.Created created, int flags);

  /**
   * Reads if all wanted bytes are in RAM. Never waits, allocates nothing.
   *
   * @param process id of the asking process, for the predictor
   * @return bytes put at the start of {@code target}: {@code length}, or fewer at the end of the
   *     file; or {@link #WOULD_WAIT}, and then the target may hold garbage
   */
  int readNow(CachedFile file, long offset, int length, MemorySegment target, int process);

  /**
   * Reads from wherever the bytes are; may block. Result as {@link #readNow}, but never {@link
   * #WOULD_WAIT}.
   */
  int read(CachedFile file, long offset, int length, MemorySegment target, int process);

  /**
   * Writes to the backing, and updates or drops the block in every tier before it returns.
   *
   * @return bytes written, as {@link BackingFile#write}
   */
  int write(CachedFile file, long offset, MemorySegment source, int process);

  /**
   * As {@link #write} where nothing has to be waited for: the backing lies in memory and nobody
   * else is changing the file.
   *
   * @return bytes written, or {@link #WOULD_WAIT}, and then nothing was
   */
  default int writeNow(CachedFile file, long offset, MemorySegment source, int process) {
    return WOULD_WAIT;
  }

  /**
   * Writes at the end of the file, wherever that is when the bytes reach the backing (O_APPEND):
   * somebody else may have appended since the kernel last looked. Otherwise as {@link #write}.
   */
  int append(CachedFile file, MemorySegment source, int process);

  /** Cuts or extends a file that may not be open. */
  void truncate(BackingNode node, long size);

  /** fallocate(2). */
  void allocate(CachedFile file, int mode, long offset, long length);

  /** copy_file_range(2); returns bytes copied. */
  long copyRange(CachedFile source, long offset, CachedFile target, long targetOffset, long length);

  /** lseek(2) with SEEK_DATA or SEEK_HOLE. */
  long seek(CachedFile file, long offset, int whence);

  /** Attributes as the file's readers must see them, size and times included. */
  Attributes attributes(BackingNode node);

  /** fsync(2): durable when it returns. */
  void sync(CachedFile file, boolean dataOnly);

  /** close(2) of one descriptor: reports write errors not reported yet. */
  void flush(CachedFile file);

  /**
   * Runs a change of the node's own inode that is not a change of its bytes (owner, mode, times,
   * names, xattrs), so that the new status change time is known as an own one and the cached blocks
   * stay alive.
   */
  void changeInode(BackingNode node, Runnable change);

  /** Drops what is cached of a file; the next read comes from the backing. */
  void invalidate(BackingNode node);

  /** The file's last name and last reference are gone: its blocks are worthless. */
  void forget(BackingNode node);

  /** Ends the use of one open file; exactly once. */
  void close(CachedFile file);

  /**
   * Drops the clean blocks of one tier, by name, or of all with {@code "all"}; returns the stored
   * bytes dropped.
   */
  long drop(String tierName);

  /** Saves the warm state and stops; no call may follow. */
  @Override
  void close();

  /** One open of a file; a token for the calls above, made by the cache. */
  interface CachedFile {
    /** The file that is open. */
    BackingNode node();

    /** Whether the kernel's cached pages of an earlier open are still of this content. */
    boolean unchangedSinceLastOpen();
  }

  /**
   * Hears that a file's bytes changed other than through the cache, so that copies above (kernel
   * pages) can be dropped.
   */
  @FunctionalInterface
  interface ChangeListener {
    /** Called from engine threads that may hold a file's lock: take the note and return. */
    void changedBehind(BackingNode node);
  }
}
