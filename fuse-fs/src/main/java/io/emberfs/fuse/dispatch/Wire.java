package io.emberfs.fuse.dispatch;

/**
 * Sizes and offsets, in bytes, of the structures of linux/fuse.h as of protocol 7.45, little
 * endian. A name after {@code _} is a field; structures begin at 0.
 */
final class Wire {
  // struct fuse_in_header
  static final int IN_HEADER_SIZE = 40;
  static final int IN_LEN = 0;
  static final int IN_OPCODE = 4;
  static final int IN_UNIQUE = 8;
  static final int IN_NODE_ID = 16;
  static final int IN_UID = 24;
  static final int IN_GID = 28;
  static final int IN_PID = 32;
  static final int IN_EXTENSIONS = 36;
  static final int EXTENSION_UNIT = 8;

  // struct fuse_uring_req_header has so many bytes for an operation's structure
  static final int STRUCTURE_SIZE_MAX = 128;

  // struct fuse_out_header
  static final int OUT_HEADER_SIZE = 16;
  static final int OUT_LEN = 0;
  static final int OUT_ERROR = 4;
  static final int OUT_UNIQUE = 8;

  // struct fuse_attr
  static final int ATTR_SIZE = 88;
  static final int ATTR_INO = 0;
  static final int ATTR_BYTES = 8;
  static final int ATTR_BLOCKS = 16;
  static final int ATTR_ATIME = 24;
  static final int ATTR_MTIME = 32;
  static final int ATTR_CTIME = 40;
  static final int ATTR_ATIME_NANOS = 48;
  static final int ATTR_MTIME_NANOS = 52;
  static final int ATTR_CTIME_NANOS = 56;
  static final int ATTR_MODE = 60;
  static final int ATTR_NLINK = 64;
  static final int ATTR_UID = 68;
  static final int ATTR_GID = 72;
  static final int ATTR_RDEV = 76;
  static final int ATTR_BLKSIZE = 80;
  static final int ATTR_FLAGS = 84;

  // struct fuse_attr_out
  static final int ATTR_OUT_SIZE = 104;
  static final int ATTR_OUT_VALID = 0;
  static final int ATTR_OUT_VALID_NANOS = 8;
  static final int ATTR_OUT_ATTR = 16;

  // struct fuse_statx_out: as attr_out, four words, then struct fuse_statx
  static final int STATX_OUT_SIZE = 288;
  static final int STATX_OUT_STAT = 32;
  static final int STATX_MASK = 0;
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int STATX_BTIME = 0x800;
  static final int STATX_BLKSIZE = 4;
  static final int STATX_NLINK = 16;
  static final int STATX_UID = 20;
  static final int STATX_GID = 24;
  static final int STATX_MODE = 28;
  static final int STATX_INO = 32;
  static final int STATX_BYTES = 40;
  static final int STATX_BLOCKS = 48;
  static final int STATX_ATIME = 64;
  static final int STATX_BTIME_AT = 80;
  static final int STATX_CTIME = 96;
  static final int STATX_MTIME = 112;
  static final int STATX_RDEV_MAJOR = 128;
  static final int STATX_RDEV_MINOR = 132;

  // struct fuse_entry_out
  static final int ENTRY_SIZE = 128;
  static final int ENTRY_NODE_ID = 0;
  static final int ENTRY_GENERATION = 8;
  static final int ENTRY_VALID = 16;
  static final int ENTRY_ATTR_VALID = 24;
  static final int ENTRY_VALID_NANOS = 32;
  static final int ENTRY_ATTR_VALID_NANOS = 36;
  static final int ENTRY_ATTR = 40;

  // struct fuse_open_in, fuse_open_out
  static final int OPEN_IN_SIZE = 8;
  static final int OPEN_OUT_SIZE = 16;
  static final int OPEN_OUT_HANDLE = 0;
  static final int OPEN_OUT_FLAGS = 8;
  static final int OPEN_OUT_BACKING = 12;
  static final int FOPEN_DIRECT_IO = 1;
  static final int FOPEN_KEEP_CACHE = 1 << 1;
  static final int FOPEN_NOFLUSH = 1 << 5;
  static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

  // struct fuse_create_in, fuse_mknod_in, fuse_mkdir_in
  static final int CREATE_SIZE = 16;
  static final int CREATE_FLAGS = 0;
  static final int CREATE_MODE = 4;
  static final int CREATE_UMASK = 8;
  static final int MKNOD_SIZE = 16;
  static final int MKNOD_MODE = 0;
  static final int MKNOD_RDEV = 4;
  static final int MKNOD_UMASK = 8;
  static final int MKDIR_SIZE = 8;
  static final int MKDIR_MODE = 0;
  static final int MKDIR_UMASK = 4;

  // struct fuse_read_in
  static final int READ_SIZE = 40;
  static final int READ_HANDLE = 0;
  static final int READ_OFFSET = 8;
  static final int READ_LENGTH = 16;
  static final int READ_FILE_FLAGS = 32;

  // struct fuse_write_in, fuse_write_out
  static final int WRITE_SIZE = 40;
  static final int WRITE_HANDLE = 0;
  static final int WRITE_OFFSET = 8;
  static final int WRITE_LENGTH = 16;
  static final int WRITE_FLAGS = 20;
  static final int WRITE_FILE_FLAGS = 32;
  static final int WRITE_FROM_PAGES = 1;
  static final int WRITE_KILL_SET_ID = 1 << 2;
  static final int WRITE_OUT_SIZE = 8;

  // struct fuse_setattr_in
  static final int SETATTR_SIZE = 88;
  static final int SETATTR_VALID = 0;
  static final int SETATTR_BYTES = 16;
  static final int SETATTR_ATIME = 32;
  static final int SETATTR_MTIME = 40;
  static final int SETATTR_ATIME_NANOS = 56;
  static final int SETATTR_MTIME_NANOS = 60;
  static final int SETATTR_MODE = 68;
  static final int SETATTR_UID = 76;
  static final int SETATTR_GID = 80;
  static final int FATTR_MODE = 1;
  static final int FATTR_UID = 1 << 1;
  static final int FATTR_GID = 1 << 2;
  static final int FATTR_SIZE = 1 << 3;
  static final int FATTR_ATIME = 1 << 4;
  static final int FATTR_MTIME = 1 << 5;
  static final int FATTR_ATIME_NOW = 1 << 7;
  static final int FATTR_MTIME_NOW = 1 << 8;
  static final int FATTR_KILL_SET_ID = 1 << 11;

  // struct fuse_getattr_in
  static final int GETATTR_SIZE = 16;
  static final int GETATTR_FLAGS = 0;
  static final int GETATTR_HANDLE = 8;
  static final int GETATTR_HAS_HANDLE = 1;

  // struct fuse_rename_in, fuse_rename2_in, fuse_link_in
  static final int RENAME_SIZE = 8;
  static final int RENAME2_SIZE = 16;
  static final int RENAME_NEW_PARENT = 0;
  static final int RENAME2_FLAGS = 8;
  static final int LINK_SIZE = 8;
  static final int LINK_NODE = 0;

  // struct fuse_release_in, fuse_flush_in, fuse_fsync_in
  static final int RELEASE_SIZE = 24;
  static final int FLUSH_SIZE = 24;
  static final int FSYNC_SIZE = 16;
  static final int FSYNC_FLAGS = 8;
  static final int FSYNC_DATA_ONLY = 1;
  static final int HANDLE = 0;

  // struct fuse_setxattr_in, short without SETXATTR_EXT, fuse_getxattr_in, fuse_getxattr_out
  static final int SETXATTR_SHORT_SIZE = 8;
  static final int SETXATTR_SIZE = 16;
  static final int SETXATTR_LENGTH = 0;
  static final int SETXATTR_FLAGS = 4;
  static final int SETXATTR_MORE_FLAGS = 8;
  static final int SETXATTR_KILL_SET_GID = 1;
  static final int GETXATTR_SIZE = 8;
  static final int GETXATTR_LENGTH = 0;
  static final int GETXATTR_OUT_SIZE = 8;

  // struct fuse_access_in
  static final int ACCESS_SIZE = 8;
  static final int ACCESS_MASK = 0;

  // struct fuse_fallocate_in
  static final int FALLOCATE_SIZE = 32;
  static final int FALLOCATE_HANDLE = 0;
  static final int FALLOCATE_OFFSET = 8;
  static final int FALLOCATE_LENGTH = 16;
  static final int FALLOCATE_MODE = 24;

  // struct fuse_lseek_in, fuse_lseek_out
  static final int LSEEK_SIZE = 24;
  static final int LSEEK_HANDLE = 0;
  static final int LSEEK_OFFSET = 8;
  static final int LSEEK_WHENCE = 16;
  static final int LSEEK_OUT_SIZE = 8;

  // struct fuse_copy_file_range_in
  static final int COPY_SIZE = 56;
  static final int COPY_HANDLE = 0;
  static final int COPY_OFFSET = 8;
  static final int COPY_TARGET_NODE = 16;
  static final int COPY_TARGET_HANDLE = 24;
  static final int COPY_TARGET_OFFSET = 32;
  static final int COPY_LENGTH = 40;

  // struct fuse_forget_in, fuse_batch_forget_in, fuse_forget_one
  static final int FORGET_SIZE = 8;
  static final int FORGET_COUNT = 0;
  static final int BATCH_SIZE = 8;
  static final int BATCH_COUNT = 0;
  static final int BATCH_ONE_SIZE = 16;
  static final int BATCH_ONE_COUNT = 8;

  // struct fuse_statfs_out
  static final int STATFS_OUT_SIZE = 80;
  static final int STATFS_BLOCKS = 0;
  static final int STATFS_FREE = 8;
  static final int STATFS_AVAILABLE = 16;
  static final int STATFS_FILES = 24;
  static final int STATFS_FREE_FILES = 32;
  static final int STATFS_BLOCK_SIZE = 40;
  static final int STATFS_NAME_LENGTH = 44;
  static final int STATFS_FRAGMENT_SIZE = 48;

  // struct fuse_dirent
  static final int DIRENT_SIZE = 24;
  static final int DIRENT_INO = 0;
  static final int DIRENT_COOKIE = 8;
  static final int DIRENT_NAME_LENGTH = 16;
  static final int DIRENT_TYPE = 20;
  static final int DIRENT_ALIGNMENT = 8;

  private Wire() {}
}
