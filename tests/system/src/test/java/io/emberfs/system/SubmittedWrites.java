package io.emberfs.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Writes past the kernel's pages that the caller only submits, and waits for afterwards: io_submit
 * of linux/aio_abi.h on a file with O_DIRECT. Of one thread. Without an answer the test ends with
 * its own time limit.
 */
final class SubmittedWrites implements AutoCloseable {
  private static final long CLOSE = 3;
  private static final long OPEN = 2;
  private static final long IO_SETUP = 206;
  private static final long IO_DESTROY = 207;
  private static final long IO_GETEVENTS = 208;
  private static final long IO_SUBMIT = 209;

  private static final long O_WRONLY_DIRECT = 1 | 040000;
  private static final long ALIGNMENT = 4096;

  // struct iocb
  private static final int BLOCK_SIZE = 64;
  private static final int OPCODE_AT = 16;
  private static final short OPCODE_WRITE = 1;
  private static final int DESCRIPTOR_AT = 20;
  private static final int BUFFER_AT = 24;
  private static final int LENGTH_AT = 32;

  // struct io_event
  private static final int EVENT_SIZE = 32;
  private static final int RESULT_AT = 16;

  private static final MethodHandle SYSCALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
              FunctionDescriptor.of(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment bytes;
  private final MemorySegment block = arena.allocate(BLOCK_SIZE, Long.BYTES);
  private final MemorySegment blocks = arena.allocate(ADDRESS);
  private final MemorySegment event = arena.allocate(EVENT_SIZE, Long.BYTES);
  private final long descriptor;
  private final long context;

  /** The size is that of each write. */
  SubmittedWrites(Path file, int size) {
    bytes = arena.allocate(size, ALIGNMENT);
    descriptor =
        call(OPEN, arena.allocateFrom(file.toString()).address(), O_WRONLY_DIRECT, 0, 0, 0);
    MemorySegment made = arena.allocate(JAVA_LONG);
    call(IO_SETUP, 1, made.address(), 0, 0, 0);
    context = made.get(JAVA_LONG, 0);
    blocks.set(ADDRESS, 0, block);
    block.set(JAVA_SHORT, OPCODE_AT, OPCODE_WRITE);
    block.set(JAVA_INT, DESCRIPTOR_AT, (int) descriptor);
    block.set(JAVA_LONG, BUFFER_AT, bytes.address());
    block.set(JAVA_LONG, LENGTH_AT, size);
  }

  /** Writes this byte all over the beginning of the file; returns when it is there. */
  void fill(byte value) {
    bytes.fill(value);
    call(IO_SUBMIT, context, 1, blocks.address(), 0, 0);
    call(IO_GETEVENTS, context, 1, 1, event.address(), 0);
    long written = event.get(JAVA_LONG, RESULT_AT);
    if (written != bytes.byteSize()) {
      throw new AssertionError("a submitted write ended with " + written);
    }
  }

  @Override
  public void close() {
    call(IO_DESTROY, context, 0, 0, 0, 0);
    call(CLOSE, descriptor, 0, 0, 0, 0);
    arena.close();
  }

  private static long call(long number, long a, long b, long c, long d, long e) {
    long result;
    try {
      result = (long) SYSCALL.invokeExact(number, a, b, c, d, e);
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
    if (result < 0) {
      throw new AssertionError("system call " + number + " failed");
    }
    return result;
  }
}
