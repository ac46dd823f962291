package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A group of fanotify(7): hears of changes in directories, of their names and of what the names
 * stand for. Unlike inotify it says which process made a change. Needs no privilege; the process is
 * then 0 for everybody else's.
 *
 * <p>{@link #watch} and {@link #unwatch} are for any thread, the rest for one. An event is valid
 * until the next call of {@link #next}.
 */
public final class Fanotify implements AutoCloseable {
  // linux/fanotify.h
  private static final long INIT_FLAGS =
      1 // FAN_CLOEXEC
          | 2 // FAN_NONBLOCK
          | 0x400 // FAN_REPORT_DIR_FID
          | 0x800; // FAN_REPORT_NAME

  private static final long O_CLOEXEC = 02000000;
  private static final long MARK_ADD = 1;
  private static final long MARK_REMOVE = 2;
  private static final long CONTENT = 2 | 4; // FAN_MODIFY, FAN_ATTRIB
  private static final long NAMES = 0x40 | 0x80 | 0x100 | 0x200; // moved from and to, created, gone
  private static final long OVERFLOW = 0x4000;
  private static final long ON_CHILD = 0x0800_0000;
  private static final long ON_DIRECTORY = 0x4000_0000;
  private static final long EVENTS = CONTENT | NAMES | ON_CHILD | ON_DIRECTORY;
  private static final long AT_FDCWD = -100;

  // struct fanotify_event_metadata
  private static final int METADATA_SIZE = 24;
  private static final int EVENT_LENGTH = 0;
  private static final int VERSION = 4;
  private static final int METADATA_LENGTH = 6;
  private static final int MASK = 8;
  private static final int PROCESS = 20;
  private static final byte VERSION_3 = 3;

  // struct fanotify_event_info_fid, in it struct file_handle, behind that the name
  private static final int INFO_TYPE = 0;
  private static final int INFO_LENGTH = 2;
  private static final int FILE_SYSTEM = 4;
  private static final int HANDLE = 12;
  private static final int HANDLE_HEADER = 8;
  private static final byte DIRECTORY_AND_NAME = 2;

  private static final int BUFFER_BYTES = 64 << 10;
  private static final short POLLIN = 1;
  private static final int POLL_EVENTS = 4;

  private static final MethodHandle INIT = LibC.link("fanotify_init", 2);
  private static final MethodHandle MARK = LibC.link("fanotify_mark", 5);
  private static final MethodHandle POLL = LibC.link("poll", 3);

  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
  private final MemorySegment polled = arena.allocate(Long.BYTES, Long.BYTES);
  private final int descriptor;

  /** Bytes in the buffer, and where the present and the next event begin. */
  private int filled;

  private int present;
  private int following;

  private Fanotify(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Opens a group.
   *
   * @throws BackingException with the errno of fanotify_init(2): ENOSYS, EINVAL before Linux 5.9,
   *     EPERM before 5.13 without privilege, EMFILE
   */
  public static Fanotify open() {
    MemorySegment captured = LibC.captured();
    int result;
    try {
      result = LibC.intOrErrno((long) INIT.invokeExact(captured, INIT_FLAGS, O_CLOEXEC), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    if (result < 0) {
      throw new BackingException(-result, "fanotify_init", "");
    }
    return new Fanotify(result);
  }

  /**
   * Begins to hear of a directory and what lies in it; 0, or the negated errno (ENOSPC: one more
   * than a user may have; EXDEV, ENODEV, EOPNOTSUPP: not on this file system).
   *
   * @param directory descriptor of any kind
   */
  public int watch(int directory) {
    return mark(MARK_ADD, directory);
  }

  /** Ends that. */
  public int unwatch(int directory) {
    return mark(MARK_REMOVE, directory);
  }

  private int mark(long operation, int directory) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long)
              MARK.invokeExact(
                  captured,
                  (long) descriptor,
                  operation,
                  EVENTS,
                  AT_FDCWD,
                  Scratch.mine().descriptorPath(directory)),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * What events call a directory: its file system and its handle there; empty where it has none.
   *
   * @param directory descriptor of any kind
   */
  public static ByteBuffer keyOf(int directory) {
    Statfs fileSystem = Statfs.ofThread();
    if (fileSystem.read(directory) < 0) {
      return ByteBuffer.allocate(0);
    }
    byte[] handle = FileSystemCalls.handle(directory);
    if (handle.length == 0) {
      return ByteBuffer.allocate(0);
    }
    return ByteBuffer.allocate(Long.BYTES + handle.length)
        .order(ByteOrder.nativeOrder())
        .putLong(fileSystem.id())
        .put(handle)
        .flip();
  }

  /** Waits until there are events; false at the time-out. */
  public boolean await(int millis) {
    polled.set(JAVA_INT_UNALIGNED, 0, descriptor);
    polled.set(JAVA_INT_UNALIGNED, POLL_EVENTS, POLLIN);
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
              (long) POLL.invokeExact(captured, polled.address(), 1L, (long) millis), captured)
          > 0;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Goes to the next event; false if there is none now. Does not wait. */
  public boolean next() {
    present = following;
    if (present == filled) {
      int count = FuseDevice.read(descriptor, buffer.address(), BUFFER_BYTES);
      if (count < 0 && count != -Errno.EAGAIN && count != -Errno.EINTR) {
        throw new BackingException(-count, "read", "changes of directories");
      }
      filled = Math.max(count, 0);
      present = 0;
      following = 0;
      if (filled == 0) {
        return false;
      }
    }
    int length =
        filled - present < METADATA_SIZE
            ? 0
            : buffer.get(JAVA_INT_UNALIGNED, present + EVENT_LENGTH);
    if (length < METADATA_SIZE
        || length > filled - present
        || buffer.get(JAVA_BYTE, present + VERSION) != VERSION_3) {
      throw new BackingException(Errno.EIO, "read", "changes of directories");
    }
    following = present + length;
    return true;
  }

  /** Whether events were lost, and this one stands for them. */
  public boolean isOverflow() {
    return (mask() & OVERFLOW) != 0;
  }

  /** Whether a name came, went or was given to something else. */
  public boolean isOfNames() {
    return (mask() & NAMES) != 0;
  }

  /** Whether bytes or attributes of what has the name changed. */
  public boolean isOfContent() {
    return (mask() & CONTENT) != 0;
  }

  /** The process that made the change; 0 if that may not be known. */
  public int process() {
    return buffer.get(JAVA_INT_UNALIGNED, present + PROCESS);
  }

  /** {@link #keyOf} the directory; empty if the event names none. */
  public ByteBuffer key() {
    int info = info();
    if (info < 0) {
      return ByteBuffer.allocate(0);
    }
    return ByteBuffer.wrap(
        buffer
            .asSlice(info + FILE_SYSTEM, handleEnd(info) - info - FILE_SYSTEM)
            .toArray(JAVA_BYTE));
  }

  /** The name in the directory; empty for the directory itself. */
  public byte[] name() {
    int info = info();
    if (info < 0) {
      return new byte[0];
    }
    int start = handleEnd(info);
    int end = start;
    int limit = info + Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, info + INFO_LENGTH));
    while (end < limit && buffer.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    boolean isItself = end - start == 1 && buffer.get(JAVA_BYTE, start) == '.';
    return isItself ? new byte[0] : buffer.asSlice(start, end - start).toArray(JAVA_BYTE);
  }

  @Override
  public void close() {
    FuseDevice.close(descriptor);
    arena.close();
  }

  private long mask() {
    return buffer.get(JAVA_LONG_UNALIGNED, present + MASK);
  }

  /** Where the directory and the name stand; -1 if they do not. */
  private int info() {
    int info =
        present + Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, present + METADATA_LENGTH));
    boolean isThere =
        info + HANDLE + HANDLE_HEADER <= following
            && buffer.get(JAVA_BYTE, info + INFO_TYPE) == DIRECTORY_AND_NAME
            && info + Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, info + INFO_LENGTH))
                <= following
            && handleEnd(info) <= following;
    return isThere ? info : -1;
  }

  private int handleEnd(int info) {
    return info + HANDLE + HANDLE_HEADER + buffer.get(JAVA_INT_UNALIGNED, info + HANDLE);
  }
}
