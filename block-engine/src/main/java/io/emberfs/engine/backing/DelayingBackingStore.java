package io.emberfs.engine.backing;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileVersion;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * A backing that answers each request a fixed time later: shows on a fast disk what a slow one is
 * like.
 *
 * <p>Owns the inner store.
 */
public final class DelayingBackingStore extends InterceptingBackingStore {
  private final long delayMillis;
  private final LongConsumer sleeper;

  /**
   * Delays what is asked of {@code inner}.
   *
   * @param delayMillis for each data or metadata request; 0 or more
   * @param sleeper waits for as many milliseconds as it is given
   */
  public DelayingBackingStore(BackingStore inner, long delayMillis, LongConsumer sleeper) {
    super(inner);
    if (delayMillis < 0) {
      throw new IllegalArgumentException("a delay of " + delayMillis + " ms");
    }
    this.delayMillis = delayMillis;
    this.sleeper = sleeper;
  }

  @Override
  protected <T> T request(Supplier<T> call) {
    sleeper.accept(delayMillis);
    return call.get();
  }

  @Override
  protected BackingFile wrapped(BackingFile file) {
    return new DelayingBackingFile(file);
  }

  private final class DelayingBackingFile implements BackingFile {
    private final BackingFile file;

    DelayingBackingFile(BackingFile file) {
      this.file = file;
    }

    @Override
    public int read(long offset, MemorySegment target) {
      sleeper.accept(delayMillis);
      return file.read(offset, target);
    }

    @Override
    public int write(long offset, MemorySegment source) {
      sleeper.accept(delayMillis);
      return file.write(offset, source);
    }

    @Override
    public void truncate(long size) {
      sleeper.accept(delayMillis);
      file.truncate(size);
    }

    @Override
    public void allocate(int mode, long offset, long length) {
      sleeper.accept(delayMillis);
      file.allocate(mode, offset, length);
    }

    @Override
    public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
      sleeper.accept(delayMillis);
      return file.copyRange(offset, ((DelayingBackingFile) target).file, targetOffset, length);
    }

    @Override
    public long seek(long offset, int whence) {
      sleeper.accept(delayMillis);
      return file.seek(offset, whence);
    }

    @Override
    public void sync(boolean dataOnly) {
      sleeper.accept(delayMillis);
      file.sync(dataOnly);
    }

    @Override
    public FileVersion version() {
      sleeper.accept(delayMillis);
      return file.version();
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
