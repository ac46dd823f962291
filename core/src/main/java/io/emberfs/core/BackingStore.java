package io.emberfs.core;

import org.jspecify.annotations.Nullable;

/**
 * The slow directory, the truth: its tree, and its files' bytes. Nothing is remembered here but
 * which inode a node stands for. Any thread; every call may block.
 */
public interface BackingStore extends Namespace, AutoCloseable {
  /**
   * Opens a regular file that the caller holds a reference to; needs no permission of anybody.
   *
   * @param mode what for
   */
  BackingFile open(BackingNode node, OpenMode mode);

  /** The version of a file at this moment, without opening it. */
  FileVersion version(BackingNode node);

  /**
   * Where a node was seen last: names from the root down, separated by slashes, not decoded. Empty
   * where that is not known; others may have moved it since.
   */
  byte[] path(BackingNode node);

  /**
   * The node of an entry that was seen before, in this run or an earlier one, without asking the
   * backing. If something else is there by now, its first use fails with ESTALE.
   *
   * @param identity which inode was there
   * @param type its type bits (S_IFMT)
   * @return with a reference for the caller; null where this store has to ask
   * @throws BackingException ESTALE where that shows at once
   */
  default @Nullable BackingNode recall(
      BackingNode parent, byte[] name, NodeIdentity identity, int type) {
    return null;
  }

  /**
   * Begins to hear of changes by others; null where this backing or this machine cannot tell of
   * them. The watch is the caller's, and closed before the store.
   */
  default @Nullable BackingWatch watch() {
    return null;
  }

  /**
   * Which life of the mounted file system this is: another number after a restart of the machine or
   * a new mount of the file system, for then what was not synced may be lost. 0 where that is not
   * known.
   */
  default long incarnation() {
    return 0;
  }

  /** Makes everything written to the file system of the backing durable (syncfs(2)). */
  void syncAll();

  @Override
  void close();

  /** What a backing file is opened for. */
  enum OpenMode {
    READ,
    /** As READ, and the access time stays as it is if the owner allows that (O_NOATIME). */
    READ_QUIETLY,
    READ_WRITE,
    /** Read and write, every write durable before it returns (O_SYNC). */
    READ_WRITE_SYNC;

    /** Whether writes are refused. */
    public boolean isReadOnly() {
      return this == READ || this == READ_QUIETLY;
    }
  }
}
