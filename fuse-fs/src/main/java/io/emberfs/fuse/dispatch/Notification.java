package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Messages to the kernel that nobody asked for: a reply header with unique 0 and the code in place
 * of the error.
 */
public final class Notification {
  /** Bytes of {@link #invalidInode}. */
  public static final int INVALID_INODE_SIZE = Wire.OUT_HEADER_SIZE + 24;

  private static final int INVALID_INODE_CODE = 2;
  private static final int INVALID_ENTRY_CODE = 3;
  private static final int NAME_LENGTH_AT = Wire.OUT_HEADER_SIZE + 8;
  private static final int ENTRY_FLAGS_AT = Wire.OUT_HEADER_SIZE + 12;
  private static final int NAME_AT = Wire.OUT_HEADER_SIZE + 16;
  private static final int EXPIRE_ONLY = 1;
  private static final int PRUNE_CODE = 9;
  private static final int PRUNE_COUNT_AT = Wire.OUT_HEADER_SIZE;
  private static final int PRUNE_IDS_AT = Wire.OUT_HEADER_SIZE + 16;
  private static final int NODE_ID_AT = Wire.OUT_HEADER_SIZE;
  private static final int OFFSET_AT = Wire.OUT_HEADER_SIZE + 8;
  private static final int LENGTH_AT = Wire.OUT_HEADER_SIZE + 16;

  private Notification() {}

  /**
   * Encodes that a node's attributes and the pages of a range are to be dropped (struct
   * fuse_notify_inval_inode_out).
   *
   * @param offset first byte; negative: attributes only
   * @param length bytes; 0 or less: to the end
   */
  public static void invalidInode(MemorySegment target, long nodeId, long offset, long length) {
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_LEN, INVALID_INODE_SIZE);
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_ERROR, INVALID_INODE_CODE);
    target.set(JAVA_LONG_UNALIGNED, Wire.OUT_UNIQUE, 0);
    target.set(JAVA_LONG_UNALIGNED, NODE_ID_AT, nodeId);
    target.set(JAVA_LONG_UNALIGNED, OFFSET_AT, offset);
    target.set(JAVA_LONG_UNALIGNED, LENGTH_AT, length);
  }

  /** Bytes of {@link #invalidEntry}. */
  public static int invalidEntrySize(byte[] name) {
    return NAME_AT + name.length + 1;
  }

  /**
   * Encodes that a name is to be looked up anew (struct fuse_notify_inval_entry_out, then the name
   * and a zero). It is not taken from whoever is in it, as FUSE_EXPIRE_ONLY says; kernels before
   * 6.2 drop it.
   */
  public static void invalidEntry(MemorySegment target, long parentId, byte[] name) {
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_LEN, invalidEntrySize(name));
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_ERROR, INVALID_ENTRY_CODE);
    target.set(JAVA_LONG_UNALIGNED, Wire.OUT_UNIQUE, 0);
    target.set(JAVA_LONG_UNALIGNED, NODE_ID_AT, parentId);
    target.set(JAVA_INT_UNALIGNED, NAME_LENGTH_AT, name.length);
    target.set(JAVA_INT_UNALIGNED, ENTRY_FLAGS_AT, EXPIRE_ONLY);
    MemorySegment.copy(name, 0, target, JAVA_BYTE, NAME_AT, name.length);
    target.set(JAVA_BYTE, NAME_AT + name.length, (byte) 0);
  }

  /** Bytes of {@link #prune}. */
  public static int pruneSize(int count) {
    return PRUNE_IDS_AT + count * Long.BYTES;
  }

  /**
   * Encodes that nodes are to be forgotten if nobody uses them (struct fuse_notify_prune_out, then
   * the node ids).
   *
   * @param nodeIds the first {@code count} are meant
   */
  public static void prune(MemorySegment target, long[] nodeIds, int count) {
    target.asSlice(0, pruneSize(count)).fill((byte) 0);
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_LEN, pruneSize(count));
    target.set(JAVA_INT_UNALIGNED, Wire.OUT_ERROR, PRUNE_CODE);
    target.set(JAVA_INT_UNALIGNED, PRUNE_COUNT_AT, count);
    MemorySegment.copy(nodeIds, 0, target, JAVA_LONG_UNALIGNED, PRUNE_IDS_AT, count);
  }
}
