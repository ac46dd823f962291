package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Meters;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Counts what is asked of a backing: {@code backing.reads}, {@code backing.readBytes}, {@code
 * backing.writes}, {@code backing.writeBytes}, {@code backing.syncs}, in {@code
 * backing.metadataRequests} everything but data, syncs and statfs, and in {@code backing.errors}
 * what it refused for a reason of its own (an answer about a name, such as that there is none, is
 * no error of the backing).
 *
 * <p>Owns the inner store.
 */
public final class CountingBackingStore extends InterceptingBackingStore {
  /** What a healthy backing says to a program's ordinary questions. */
  private static final Set<Integer> ANSWERS =
      Set.of(
          Errno.EPERM,
          Errno.ENOENT,
          Errno.ENXIO,
          Errno.EACCES,
          Errno.EEXIST,
          Errno.EXDEV,
          Errno.ENOTDIR,
          Errno.EISDIR,
          Errno.EINVAL,
          Errno.EFBIG,
          Errno.ERANGE,
          Errno.ENAMETOOLONG,
          Errno.ENOTEMPTY,
          Errno.ELOOP,
          Errno.ENODATA,
          Errno.EOPNOTSUPP);

  private final BackingStore inner;
  private final Meters.Counter reads;
  private final Meters.Counter readBytes;
  private final Meters.Counter writes;
  private final Meters.Counter writeBytes;
  private final Meters.Counter syncs;
  private final Meters.Counter metadataRequests;
  private final Meters.Counter errors;

  /** Counts into {@code meters} what is asked of {@code inner}. */
  public CountingBackingStore(BackingStore inner, Meters meters) {
    super(inner);
    this.inner = inner;
    reads = meters.counter("backing.reads");
    readBytes = meters.counter("backing.readBytes");
    writes = meters.counter("backing.writes");
    writeBytes = meters.counter("backing.writeBytes");
    syncs = meters.counter("backing.syncs");
    metadataRequests = meters.counter("backing.metadataRequests");
    errors = meters.counter("backing.errors");
  }

  @Override
  protected <T> T request(Supplier<T> call) {
    metadataRequests.increment();
    try {
      return call.get();
    } catch (BackingException failure) {
      throw counted(failure);
    }
  }

  @Override
  protected BackingFile wrapped(BackingFile file) {
    return new CountingBackingFile(file);
  }

  /** Of no file, and answered by every file system from what it has in memory. */
  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    return inner.statistics(node);
  }

  @Override
  public void syncAll() {
    syncs.increment();
    super.syncAll();
  }

  private BackingException counted(BackingException failure) {
    if (!ANSWERS.contains(failure.errno())) {
      errors.increment();
    }
    return failure;
  }

  private final class CountingBackingFile implements BackingFile {
    private final BackingFile file;

    CountingBackingFile(BackingFile file) {
      this.file = file;
    }

    @Override
    public int read(long offset, MemorySegment target) {
      reads.increment();
      try {
        int count = file.read(offset, target);
        readBytes.add(count);
        return count;
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public int readNow(long offset, MemorySegment target) {
      try {
        int count = file.readNow(offset, target);
        if (count != BlockCache.WOULD_WAIT) {
          reads.increment();
          readBytes.add(count);
        }
        return count;
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public boolean isInMemory() {
      return file.isInMemory();
    }

    @Override
    public int write(long offset, MemorySegment source) {
      writes.increment();
      try {
        int count = file.write(offset, source);
        writeBytes.add(count);
        return count;
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public void truncate(long size) {
      try {
        file.truncate(size);
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public void allocate(int mode, long offset, long length) {
      try {
        file.allocate(mode, offset, length);
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
      try {
        return file.copyRange(offset, ((CountingBackingFile) target).file, targetOffset, length);
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public long seek(long offset, int whence) {
      try {
        return file.seek(offset, whence);
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public void sync(boolean dataOnly) {
      syncs.increment();
      try {
        file.sync(dataOnly);
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public FileVersion version() {
      try {
        return file.version();
      } catch (BackingException failure) {
        throw counted(failure);
      }
    }

    @Override
    public void adviseUnneeded(long offset, long length) {
      file.adviseUnneeded(offset, length);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
