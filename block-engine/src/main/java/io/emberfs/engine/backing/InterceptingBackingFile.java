package io.emberfs.engine.backing;

import io.emberfs.core.BackingFile;
import io.emberfs.core.FileVersion;
import java.lang.foreign.MemorySegment;

/** A backing file around another one, which belongs to it; passes every call but the close on. */
public abstract class InterceptingBackingFile implements BackingFile {
  /** What the calls are passed on to. */
  protected abstract BackingFile inner();

  @Override
  public int read(long offset, MemorySegment target) {
    return inner().read(offset, target);
  }

  @Override
  public int readNow(long offset, MemorySegment target) {
    return inner().readNow(offset, target);
  }

  @Override
  public boolean isInMemory() {
    return inner().isInMemory();
  }

  @Override
  public int write(long offset, MemorySegment source) {
    return inner().write(offset, source);
  }

  @Override
  public void truncate(long size) {
    inner().truncate(size);
  }

  @Override
  public void allocate(int mode, long offset, long length) {
    inner().allocate(mode, offset, length);
  }

  /** The target is of the same store, and so it is around another one too. */
  @Override
  public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
    return inner()
        .copyRange(offset, ((InterceptingBackingFile) target).inner(), targetOffset, length);
  }

  @Override
  public long seek(long offset, int whence) {
    return inner().seek(offset, whence);
  }

  @Override
  public void sync(boolean dataOnly) {
    inner().sync(dataOnly);
  }

  @Override
  public FileVersion version() {
    return inner().version();
  }

  @Override
  public void adviseUnneeded(long offset, long length) {
    inner().adviseUnneeded(offset, length);
  }
}
