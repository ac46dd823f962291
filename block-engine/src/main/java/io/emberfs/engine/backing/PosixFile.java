package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import io.emberfs.ffi.FileCalls;
import io.emberfs.ffi.Statfs;
import io.emberfs.ffi.Statx;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** An open regular file of the backing. Reading and writing allocate nothing. */
final class PosixFile implements BackingFile {
  private final OpenDescriptor descriptor;
  private final NodeIdentity identity;

  /** What was found out; whoever reads an old value finds it out again. */
  private NowBy nowBy = NowBy.NOWAIT;

  // As plain: whoever sees an old pair asks again, and no other answer can come.
  private boolean isInMemory;
  private volatile boolean isKnown;

  /** Takes the descriptor over. */
  PosixFile(int descriptor, NodeIdentity identity) {
    this.descriptor = new OpenDescriptor(descriptor);
    this.identity = identity;
  }

  @Override
  public int read(long offset, MemorySegment target) {
    return read(offset, target, false);
  }

  @Override
  public int readNow(long offset, MemorySegment target) {
    return read(offset, target, true);
  }

  private int read(long offset, MemorySegment target, boolean mustNotWait) {
    if (target.isReadOnly()) {
      throw new IllegalArgumentException("the target of a read is read-only");
    }
    long address = nativeAddress(target);
    int length = Math.toIntExact(target.byteSize());
    int done = 0;
    int open = descriptor.acquire();
    try {
      while (done < length) {
        long count =
            mustNotWait
                ? readOnceNow(open, address + done, length - done, offset + done)
                : FileCalls.read(open, address + done, length - done, offset + done);
        if (mustNotWait && count == -Errno.EAGAIN) {
          return BlockCache.WOULD_WAIT;
        }
        if (count < 0) {
          throw failure((int) -count, "pread");
        }
        if (count == 0) {
          break;
        }
        done += (int) count;
      }
      return done;
    } finally {
      descriptor.done();
      // The kernel knows an address only: what holds the memory must outlive the call.
      Reference.reachabilityFence(target);
    }
  }

  private long readOnceNow(int open, long address, long length, long offset) {
    switch (nowBy) {
      case NOTHING -> {
        return -Errno.EAGAIN;
      }
      case PLAIN_READ -> {
        return FileCalls.read(open, address, length, offset);
      }
      case NOWAIT -> {
        long count = FileCalls.readNow(open, address, length, offset);
        if (count != -Errno.EOPNOTSUPP) {
          return count;
        }
        nowBy = isInMemory() ? NowBy.PLAIN_READ : NowBy.NOTHING;
        return readOnceNow(open, address, length, offset);
      }
    }
    throw new AssertionError(nowBy);
  }

  @Override
  public boolean isInMemory() {
    if (!isKnown) {
      Statfs fileSystem = Statfs.ofThread();
      int open = descriptor.acquire();
      try {
        isInMemory = fileSystem.read(open) == 0 && fileSystem.isInMemory();
        isKnown = true;
      } finally {
        descriptor.done();
      }
    }
    return isInMemory;
  }

  /** How this file can be read without waiting. */
  private enum NowBy {
    /** By asking the kernel, until it says that it cannot tell. */
    NOWAIT,
    /** By any read: the file lies in memory. */
    PLAIN_READ,
    NOTHING
  }

  @Override
  public int write(long offset, MemorySegment source) {
    long address = nativeAddress(source);
    int length = Math.toIntExact(source.byteSize());
    int done = 0;
    int open = descriptor.acquire();
    try {
      while (done < length) {
        long count = FileCalls.write(open, address + done, length - done, offset + done);
        if (count <= 0) {
          if (done > 0) {
            return done;
          }
          throw failure(count == 0 ? Errno.EIO : (int) -count, "pwrite");
        }
        done += (int) count;
      }
      return done;
    } finally {
      descriptor.done();
      Reference.reachabilityFence(source);
    }
  }

  @Override
  public void truncate(long size) {
    int open = descriptor.acquire();
    try {
      Failures.check(FileCalls.truncate(open, size), "ftruncate", this);
    } finally {
      descriptor.done();
    }
  }

  @Override
  public void allocate(int mode, long offset, long length) {
    int open = descriptor.acquire();
    try {
      Failures.check(FileCalls.allocate(open, mode, offset, length), "fallocate", this);
    } finally {
      descriptor.done();
    }
  }

  @Override
  public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
    OpenDescriptor targetDescriptor = ((PosixFile) target).descriptor;
    int open = descriptor.acquire();
    try {
      int openTarget = targetDescriptor.acquire();
      try {
        return Failures.check(
            FileCalls.copyRange(open, offset, openTarget, targetOffset, length),
            "copy_file_range",
            this);
      } finally {
        targetDescriptor.done();
      }
    } finally {
      descriptor.done();
    }
  }

  @Override
  public long seek(long offset, int whence) {
    int open = descriptor.acquire();
    try {
      return Failures.check(FileCalls.seek(open, offset, whence), "lseek", this);
    } finally {
      descriptor.done();
    }
  }

  @Override
  public void sync(boolean dataOnly) {
    int open = descriptor.acquire();
    try {
      Failures.check(dataOnly ? FileCalls.syncData(open) : FileCalls.sync(open), "fsync", this);
    } finally {
      descriptor.done();
    }
  }

  @Override
  public FileVersion version() {
    Statx stat = Statx.ofThread();
    int open = descriptor.acquire();
    try {
      Failures.check(stat.read(open, Statx.FORCE_SYNC), "statx", this);
    } finally {
      descriptor.done();
    }
    return new FileVersion(identity, stat.size(), stat.mtimeNanos(), stat.ctimeNanos());
  }

  @Override
  public void adviseUnneeded(long offset, long length) {
    int open = descriptor.acquire();
    try {
      FileCalls.advise(open, offset, length, FileCalls.FADVISE_DONTNEED);
    } finally {
      descriptor.done();
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }

  private static long nativeAddress(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("memory on the heap has no address");
    }
    return memory.address();
  }

  private BackingException failure(int errno, String operation) {
    return new BackingException(errno, operation, toString());
  }

  @Override
  public String toString() {
    return "inode " + identity.inode();
  }
}
