package io.emberfs.testkit;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An open file of a {@link FakeBackingStore}. A file without holes: all of it is data. */
final class FakeBackingFile implements BackingFile {
  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int FALLOC_FL_ZERO_RANGE = 16;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private final FakeBackingStore store;
  private final FakeInode inode;
  private final OpenMode mode;
  private boolean closed;

  FakeBackingFile(FakeBackingStore store, FakeInode inode, OpenMode mode) {
    this.store = store;
    this.inode = inode;
    this.mode = mode;
  }

  @Override
  public int read(long offset, MemorySegment target) {
    synchronized (store) {
      checkOpen("pread", offset);
      int length = (int) Math.min(target.byteSize(), Math.max(0, inode.content.length - offset));
      if (length > 0) {
        MemorySegment.copy(
            inode.content, Math.toIntExact(offset), target, ValueLayout.JAVA_BYTE, 0, length);
      }
      return length;
    }
  }

  @Override
  public int write(long offset, MemorySegment source) {
    synchronized (store) {
      checkWritable("pwrite", offset);
      int length = Math.toIntExact(source.byteSize());
      store.checkFileSize(offset + length);
      if (offset + length > inode.content.length && length > 0) {
        inode.resize(offset + length);
      }
      MemorySegment.copy(
          source, ValueLayout.JAVA_BYTE, 0, inode.content, Math.toIntExact(offset), length);
      store.tree().contentChanged(inode);
      if (mode == OpenMode.READ_WRITE_SYNC) {
        inode.makeDurable();
      }
      return length;
    }
  }

  @Override
  public void truncate(long size) {
    synchronized (store) {
      checkWritable("ftruncate", size);
      store.checkFileSize(size);
      inode.resize(size);
      store.tree().contentChanged(inode);
    }
  }

  @Override
  public void allocate(int allocateMode, long offset, long length) {
    synchronized (store) {
      checkWritable("fallocate", offset);
      if (length <= 0) {
        throw new BackingException(Errno.EINVAL, "fallocate", inode.toString());
      }
      boolean punches = (allocateMode & FALLOC_FL_PUNCH_HOLE) != 0;
      boolean keepsSize = (allocateMode & FALLOC_FL_KEEP_SIZE) != 0;
      int known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
      if ((allocateMode & ~known) != 0 || (punches && !keepsSize)) {
        throw new BackingException(Errno.EOPNOTSUPP, "fallocate", inode.toString());
      }
      store.checkFileSize(offset + length);
      if (!keepsSize && offset + length > inode.content.length) {
        inode.resize(offset + length);
      }
      if (punches || (allocateMode & FALLOC_FL_ZERO_RANGE) != 0) {
        long end = Math.min(offset + length, inode.content.length);
        for (long at = offset; at < end; at++) {
          inode.content[(int) at] = 0;
        }
      }
      store.tree().contentChanged(inode);
    }
  }

  @Override
  public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
    synchronized (store) {
      checkOpen("copy_file_range", offset);
      FakeBackingFile other = (FakeBackingFile) target;
      other.checkWritable("copy_file_range", targetOffset);
      int count = (int) Math.min(length, Math.max(0, inode.content.length - offset));
      if (count == 0) {
        return 0;
      }
      if (inode == other.inode && Math.abs(offset - targetOffset) < count) {
        throw new BackingException(Errno.EINVAL, "copy_file_range", inode.toString());
      }
      store.checkFileSize(targetOffset + count);
      if (targetOffset + count > other.inode.content.length) {
        other.inode.resize(targetOffset + count);
      }
      System.arraycopy(inode.content, (int) offset, other.inode.content, (int) targetOffset, count);
      store.tree().contentChanged(other.inode);
      return count;
    }
  }

  @Override
  public long seek(long offset, int whence) {
    synchronized (store) {
      checkOpen("lseek", offset);
      if (whence != SEEK_DATA && whence != SEEK_HOLE) {
        throw new BackingException(Errno.EINVAL, "lseek", inode.toString());
      }
      if (offset < 0 || offset >= inode.content.length) {
        throw new BackingException(Errno.ENXIO, "lseek", inode.toString());
      }
      return whence == SEEK_DATA ? offset : inode.content.length;
    }
  }

  @Override
  public void sync(boolean dataOnly) {
    synchronized (store) {
      checkOpen("fsync", 0);
      inode.makeDurable();
    }
  }

  @Override
  public FileVersion version() {
    synchronized (store) {
      checkOpen("statx", 0);
      return inode.version();
    }
  }

  @Override
  public void adviseUnneeded(long offset, long length) {}

  @Override
  public void close() {
    synchronized (store) {
      if (!closed) {
        closed = true;
        store.fileClosed();
      }
    }
  }

  private void checkOpen(String operation, long offset) {
    if (closed) {
      throw new IllegalStateException(operation + " on a closed file of " + inode);
    }
    if (offset < 0) {
      throw new BackingException(Errno.EINVAL, operation, inode.toString());
    }
  }

  private void checkWritable(String operation, long offset) {
    checkOpen(operation, offset);
    if (mode.isReadOnly()) {
      throw new BackingException(Errno.EBADF, operation, inode.toString());
    }
  }
}
