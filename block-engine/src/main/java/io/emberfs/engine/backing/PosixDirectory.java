package io.emberfs.engine.backing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.emberfs.core.BackingDirectory;
import io.emberfs.ffi.DirectoryCalls;
import io.emberfs.ffi.FileCalls;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An open directory of the backing, read in large pieces (struct linux_dirent64 of getdents64(2)).
 * Goes on in the piece where the last reading ended; the descriptor is moved only for a reader who
 * asks for another place.
 */
final class PosixDirectory implements BackingDirectory {
  private static final int INODE = 0;
  private static final int NEXT_COOKIE = 8;
  private static final int RECORD_LENGTH = 16;
  private static final int TYPE = 18;
  private static final int NAME = 19;
  private static final int SEEK_SET = 0;

  private final int descriptor;
  private final DirectoryBuffers buffers;
  private DirectoryBuffers.@Nullable Buffer buffer;
  private boolean closed;

  /** Cookie of the entry at {@code position}. */
  private long standsAt;

  private long position;
  private long end;

  /** Takes the descriptor over. */
  PosixDirectory(int descriptor, DirectoryBuffers buffers) {
    this.descriptor = descriptor;
    this.buffers = buffers;
  }

  @Override
  public synchronized void read(long cookie, EntrySink sink) {
    checkOpen();
    DirectoryBuffers.Buffer taken = buffer;
    if (taken == null) {
      taken = buffers.take();
      buffer = taken;
    }
    MemorySegment entries = taken.bytes();
    // Who begins anew wants to see what has changed, so that what is buffered is too old.
    if (cookie != standsAt || (cookie == 0 && end > 0)) {
      Failures.check(FileCalls.seek(descriptor, cookie, SEEK_SET), "lseek", this);
      standsAt = cookie;
      position = 0;
      end = 0;
    }
    while (true) {
      if (position == end) {
        end = Failures.check(DirectoryCalls.entries(descriptor, entries), "getdents64", this);
        position = 0;
        if (end == 0) {
          return;
        }
      }
      long next = entries.get(JAVA_LONG_UNALIGNED, position + NEXT_COOKIE);
      int length = Short.toUnsignedInt(entries.get(JAVA_SHORT_UNALIGNED, position + RECORD_LENGTH));
      byte[] name = nameIn(entries.asSlice(position + NAME, length - NAME));
      long inode = entries.get(JAVA_LONG_UNALIGNED, position + INODE);
      int type = Byte.toUnsignedInt(entries.get(JAVA_BYTE, position + TYPE));
      if (!sink.accept(name, inode, type, next)) {
        return;
      }
      position += length;
      standsAt = next;
    }
  }

  private static byte[] nameIn(MemorySegment field) {
    int length = 0;
    while (field.get(JAVA_BYTE, length) != 0) {
      length++;
    }
    return field.asSlice(0, length).toArray(JAVA_BYTE);
  }

  @Override
  public synchronized void sync(boolean dataOnly) {
    checkOpen();
    int result = dataOnly ? FileCalls.syncData(descriptor) : FileCalls.sync(descriptor);
    Failures.check(result, "fsync", this);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      FileCalls.close(descriptor);
      if (buffer != null) {
        buffers.giveBack(buffer);
        buffer = null;
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("use of a closed directory");
    }
  }

  @Override
  public String toString() {
    return "directory on descriptor " + descriptor;
  }
}
