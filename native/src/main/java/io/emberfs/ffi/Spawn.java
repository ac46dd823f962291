package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Programs that get a descriptor of this process, which Java's own way of starting programs cannot
 * do: it closes them all (posix_spawn(3), socketpair(2), recvmsg(2)).
 *
 * <p>Calls return what the C function returns, or the negated errno. Descriptors belong to the
 * caller and are closed when a program is started, unless it is given them.
 */
final class Spawn {
  /** What a descriptor is to be called in the program; 0 to 2 are its standard streams. */
  static final int PASSED_DESCRIPTOR = 3;

  private static final int STANDARD_ERROR = 2;
  private static final long AF_UNIX = 1;
  private static final long SOCK_STREAM_CLOEXEC = 1 | 02000000;
  private static final long SOL_SOCKET = 1;
  private static final long SO_RCVTIMEO = 20;
  private static final int SCM_RIGHTS = 1;
  private static final long MSG_CMSG_CLOEXEC = 0x40000000;
  private static final long O_RDWR = 2;
  private static final long SIGKILL = 9;

  /** posix_spawn_file_actions_t is 80 bytes in the GNU C library; the rest is room for others. */
  private static final long FILE_ACTIONS_SIZE = 256;

  // struct msghdr and struct cmsghdr of bits/socket.h, 64 bit.
  private static final long MSGHDR_SIZE = 56;
  private static final long MSGHDR_IOV = 16;
  private static final long MSGHDR_IOV_COUNT = 24;
  private static final long MSGHDR_CONTROL = 32;
  private static final long MSGHDR_CONTROL_LENGTH = 40;
  private static final long CMSG_LEVEL = 8;
  private static final long CMSG_TYPE = 12;
  private static final long CMSG_DATA = 16;
  private static final long CMSG_SPACE = 24;

  private static final MethodHandle SOCKETPAIR = LibC.link("socketpair", 4);
  private static final MethodHandle SETSOCKOPT = LibC.link("setsockopt", 5);
  private static final MethodHandle RECVMSG = LibC.link("recvmsg", 3);
  private static final MethodHandle WAITPID = LibC.link("waitpid", 3);
  private static final MethodHandle KILL = LibC.link("kill", 2);
  private static final MethodHandle POSIX_SPAWNP = LibC.link("posix_spawnp", 6);
  private static final MethodHandle ACTIONS_INIT = LibC.link("posix_spawn_file_actions_init", 1);
  private static final MethodHandle ACTIONS_DESTROY =
      LibC.link("posix_spawn_file_actions_destroy", 1);
  private static final MethodHandle ACTIONS_DUP2 = LibC.link("posix_spawn_file_actions_adddup2", 3);
  private static final MethodHandle ACTIONS_OPEN = LibC.link("posix_spawn_file_actions_addopen", 5);

  private Spawn() {}

  /**
   * Makes two connected stream sockets; a read of the first one gives up with EAGAIN after a while.
   *
   * @param ends gets the two descriptors
   * @return 0 or the negated errno
   */
  static int socketPair(int[] ends, int secondsMax) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      int result =
          LibC.intOrErrno(
              (long)
                  SOCKETPAIR.invokeExact(
                      captured, AF_UNIX, SOCK_STREAM_CLOEXEC, 0L, pair.address()),
              captured);
      if (result < 0) {
        return result;
      }
      ends[0] = pair.getAtIndex(JAVA_INT, 0);
      ends[1] = pair.getAtIndex(JAVA_INT, 1);
      // struct timeval: seconds, microseconds.
      MemorySegment time = arena.allocate(JAVA_LONG, 2);
      time.setAtIndex(JAVA_LONG, 0, secondsMax);
      return LibC.intOrErrno(
          (long)
              SETSOCKOPT.invokeExact(
                  captured,
                  (long) ends[0],
                  SOL_SOCKET,
                  SO_RCVTIMEO,
                  time.address(),
                  time.byteSize()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Receives one byte and the descriptor that comes with it (unix(7), SCM_RIGHTS).
   *
   * @return the descriptor, close-on-exec; -ENODATA if the other end was closed without one
   */
  static int receiveDescriptor(int socket) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment part = arena.allocate(JAVA_LONG, 2);
      part.setAtIndex(JAVA_LONG, 0, arena.allocate(1).address());
      part.setAtIndex(JAVA_LONG, 1, 1);
      MemorySegment control = arena.allocate(CMSG_SPACE, Long.BYTES);
      MemorySegment message = arena.allocate(MSGHDR_SIZE, Long.BYTES);
      message.set(JAVA_LONG, MSGHDR_IOV, part.address());
      message.set(JAVA_LONG, MSGHDR_IOV_COUNT, 1);
      message.set(JAVA_LONG, MSGHDR_CONTROL, control.address());
      message.set(JAVA_LONG, MSGHDR_CONTROL_LENGTH, CMSG_SPACE);
      long received;
      do {
        received =
            LibC.orErrno(
                (long)
                    RECVMSG.invokeExact(
                        captured, (long) socket, message.address(), MSG_CMSG_CLOEXEC),
                captured);
      } while (received == -Errno.EINTR);
      if (received < 0) {
        return (int) received;
      }
      boolean isDescriptor =
          message.get(JAVA_LONG, MSGHDR_CONTROL_LENGTH) >= CMSG_DATA + Integer.BYTES
              && control.get(JAVA_INT, CMSG_LEVEL) == SOL_SOCKET
              && control.get(JAVA_INT, CMSG_TYPE) == SCM_RIGHTS;
      return isDescriptor ? control.get(JAVA_INT, CMSG_DATA) : -Errno.ENODATA;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Starts a program of the PATH.
   *
   * @param command its name and arguments
   * @param environment all of its environment, {@code NAME=value}
   * @param error becomes its standard error; input and output are {@code /dev/null}
   * @param passed becomes its {@link #PASSED_DESCRIPTOR}; none if negative
   * @return its process, to be waited for, or the negated errno: ENOENT if there is no such program
   */
  static int start(List<String> command, List<String> environment, int error, int passed) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actions = arena.allocate(FILE_ACTIONS_SIZE, Long.BYTES);
      long at = actions.address();
      int result = (int) (long) ACTIONS_INIT.invokeExact(captured, at);
      if (result != 0) {
        return -result;
      }
      try {
        long nowhere = arena.allocateFrom("/dev/null").address();
        for (long stream = 0; stream < STANDARD_ERROR && result == 0; stream++) {
          result = (int) (long) ACTIONS_OPEN.invokeExact(captured, at, stream, nowhere, O_RDWR, 0L);
        }
        if (result == 0) {
          result = dup2(at, error, STANDARD_ERROR);
        }
        // Last: the number that it gets may be that of the other one, here.
        if (result == 0 && passed >= 0) {
          result = dup2(at, passed, PASSED_DESCRIPTOR);
        }
        MemorySegment process = arena.allocate(JAVA_INT);
        if (result == 0) {
          result =
              (int)
                  (long)
                      POSIX_SPAWNP.invokeExact(
                          captured,
                          process.address(),
                          arena.allocateFrom(command.getFirst()).address(),
                          at,
                          0L,
                          texts(arena, command),
                          texts(arena, environment));
        }
        return result == 0 ? process.get(JAVA_INT, 0) : -result;
      } finally {
        long _ = (long) ACTIONS_DESTROY.invokeExact(captured, at);
      }
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Reads a program's messages to their end, and kills one that says nothing for too long.
   *
   * @param socket the first of {@link #socketPair}, whose other end only the program has
   * @param bytesMax of what is said later nothing is kept
   */
  static String readMessages(int socket, int process, int bytesMax) {
    StringBuilder text = new StringBuilder();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(bytesMax);
      while (true) {
        int byteCount = FuseDevice.read(socket, buffer.address(), bytesMax);
        if (byteCount == -Errno.EINTR) {
          continue;
        }
        if (byteCount == -Errno.EAGAIN) {
          kill(process);
        }
        if (byteCount <= 0) {
          return text.toString().strip();
        }
        byte[] bytes = buffer.asSlice(0, byteCount).toArray(JAVA_BYTE);
        if (text.length() < bytesMax) {
          text.append(new String(bytes, StandardCharsets.UTF_8));
        }
      }
    }
  }

  /**
   * Waits for the end of a program.
   *
   * @return whether it ended with 0
   */
  static boolean succeeded(int process) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(JAVA_INT);
      int result;
      do {
        result =
            LibC.intOrErrno(
                (long) WAITPID.invokeExact(captured, (long) process, status.address(), 0L),
                captured);
      } while (result == -Errno.EINTR);
      return result == process && status.get(JAVA_INT, 0) == 0;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static void kill(int process) {
    try {
      // It may just have ended; it has not been waited for, so the number is still its own.
      long _ = (long) KILL.invokeExact(LibC.captured(), (long) process, SIGKILL);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static int dup2(long actions, int descriptor, int number) throws Throwable {
    return (int)
        (long) ACTIONS_DUP2.invokeExact(LibC.captured(), actions, (long) descriptor, (long) number);
  }

  /** Address of an array of texts that a null pointer ends. */
  private static long texts(Arena arena, List<String> texts) {
    MemorySegment array = arena.allocate(JAVA_LONG, texts.size() + 1);
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
    }
    return array.address();
  }
}
