package io.emberfs.ffi;

import io.emberfs.core.BackingException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Where standard output and standard error of this process go (open(2), dup2(2)). */
public final class StandardStreams {
  private static final long STANDARD_OUTPUT = 1;
  private static final long STANDARD_ERROR = 2;

  /** O_WRONLY, O_CREAT, O_APPEND and O_CLOEXEC of asm-generic/fcntl.h. */
  private static final long APPEND = 1 | 0100 | 02000 | 02000000;

  private static final long OWNER_ONLY = 0600;

  private static final MethodHandle OPEN = LibC.link("open", 3, 2);
  private static final MethodHandle DUP2 = LibC.link("dup2", 2);

  private StandardStreams() {}

  /**
   * Lets both end in a file, at its end; who read them until now sees the end of the stream.
   *
   * @param file absolute; made if missing, for its owner only
   * @throws BackingException with the errno of the call that failed
   */
  public static void appendTo(String file) {
    MemorySegment captured = LibC.captured();
    int descriptor;
    try (Arena arena = Arena.ofConfined()) {
      descriptor =
          LibC.intOrErrno(
              (long)
                  OPEN.invokeExact(
                      captured, arena.allocateFrom(file).address(), APPEND, OWNER_ONLY),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    if (descriptor < 0) {
      throw new BackingException(-descriptor, "open", file);
    }
    int output = become(descriptor, STANDARD_OUTPUT);
    int error = become(descriptor, STANDARD_ERROR);
    FuseDevice.close(descriptor);
    if (output < 0 || error < 0) {
      throw new BackingException(-Math.min(output, error), "dup2", file);
    }
  }

  private static int become(int descriptor, long stream) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long) DUP2.invokeExact(captured, (long) descriptor, stream), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
