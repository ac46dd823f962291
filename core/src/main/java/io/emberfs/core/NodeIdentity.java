package io.emberfs.core;

import java.util.Comparator;

/**
 * Which inode this is, stable across renames, restarts and renumbered devices.
 *
 * @param fileSystemId 64 bits derived from the file system's UUID, else its f_fsid, else its mount
 *     source; never st_dev
 * @param inode inode number
 * @param inodeGeneration tells apart two inodes that used the same number one after the other, from
 *     the bytes of the kernel's file handle (name_to_handle_at(2)); 0 where the backing has none
 */
public record NodeIdentity(long fileSystemId, long inode, long inodeGeneration) {
  /** In which whoever locks several files locks them. */
  public static final Comparator<NodeIdentity> ORDER =
      Comparator.comparingLong(NodeIdentity::fileSystemId)
          .thenComparingLong(NodeIdentity::inode)
          .thenComparingLong(NodeIdentity::inodeGeneration);
}
