package io.emberfs.core;

/**
 * An open directory of the backing; one reader at a time. Every method may block and throws {@link
 * BackingException}.
 */
public interface BackingDirectory extends AutoCloseable {
  /**
   * Hands over entries, "." and ".." included, until the sink has enough or the directory ends.
   *
   * @param cookie where to begin: 0, or the cookie of the last entry taken
   */
  void read(long cookie, EntrySink sink);

  /** Makes the directory's entries durable. */
  void sync(boolean dataOnly);

  @Override
  void close();

  /** Receives directory entries. */
  @FunctionalInterface
  interface EntrySink {
    /**
     * Takes one entry, or refuses it and ends the reading; a refused entry comes first next time.
     *
     * @param name the name's bytes, without zero; the sink's to keep
     * @param inode inode number
     * @param type d_type of getdents64(2)
     * @param nextCookie where the reading goes on after this entry
     */
    boolean accept(byte[] name, long inode, int type, long nextCookie);
  }
}
