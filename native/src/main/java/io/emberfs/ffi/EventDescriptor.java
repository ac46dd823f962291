package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.BackingException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A descriptor by which one thread wakes another that waits in the kernel (eventfd(2)). A read of
 * its eight bytes waits until somebody signalled and takes all signals at once.
 *
 * <p>The descriptor belongs to the caller, who closes it when nobody can signal any more: its
 * number may then mean something else.
 */
public final class EventDescriptor {
  /** Bytes of what is read from it and written to it. */
  public static final int VALUE_SIZE = Long.BYTES;

  private static final long EFD_CLOEXEC = 02000000;

  /** What each signal adds; never freed. */
  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1L);

  private static final MethodHandle EVENTFD = LibC.link("eventfd", 2);

  private EventDescriptor() {}

  /**
   * Makes one without signals.
   *
   * @throws BackingException with the errno of eventfd(2)
   */
  public static int open() {
    MemorySegment captured = LibC.captured();
    int result;
    try {
      result = LibC.intOrErrno((long) EVENTFD.invokeExact(captured, 0L, EFD_CLOEXEC), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    if (result < 0) {
      throw new BackingException(-result, "eventfd", "");
    }
    return result;
  }

  /** Wakes who waits, now or at the next read. Any thread; allocates nothing. */
  public static void signal(int descriptor) {
    int result = FuseDevice.write(descriptor, ONE.address(), VALUE_SIZE);
    if (result < 0) {
      throw new BackingException(-result, "write", "an event descriptor");
    }
  }

  /** Closes it. */
  public static void close(int descriptor) {
    FuseDevice.close(descriptor);
  }
}
