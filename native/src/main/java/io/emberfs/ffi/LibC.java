package io.emberfs.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Links functions of the C library and keeps the errno of each thread's last call.
 *
 * <p>Convention of this package: a call returns what the C function returns, or the negated errno
 * where that would be -1. No call is linked as critical: any of them may block, and a blocked
 * critical call stops the garbage collector.
 */
final class LibC {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /**
   * One capture buffer a thread. Never freed: emberfs has a bounded number of threads, and they
   * live as long as the mount.
   */
  private static final ThreadLocal<MemorySegment> CAPTURED =
      ThreadLocal.withInitial(() -> Arena.global().allocate(CAPTURE));

  /** All of memory as one segment, so that an address needs no segment object of its own. */
  static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private LibC() {}

  /**
   * Links a function whose first parameter in Java is the capture buffer of {@link #captured()}.
   *
   * @param firstVariadic index of the first variadic argument, or -1
   */
  static MethodHandle link(String name, int firstVariadic, FunctionDescriptor descriptor) {
    MemorySegment address =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("no " + name + " in the C library"));
    return firstVariadic < 0
        ? LINKER.downcallHandle(address, descriptor, Linker.Option.captureCallState("errno"))
        : LINKER.downcallHandle(
            address,
            descriptor,
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(firstVariadic));
  }

  /** The calling thread's buffer for errno. */
  static MemorySegment captured() {
    return CAPTURED.get();
  }

  /** {@code result}, or the negated errno in {@code captured} if the result is -1. */
  static int orErrno(int result, MemorySegment captured) {
    return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
  }

  /** {@code result}, or the negated errno in {@code captured} if the result is -1. */
  static long orErrno(long result, MemorySegment captured) {
    return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
  }

  /** What a call's method handle may throw cannot happen; keep the stack if it does. */
  static AssertionError unexpected(Throwable thrown) {
    return new AssertionError("downcall failed", thrown);
  }

  static FunctionDescriptor returnsInt(MemoryLayout... arguments) {
    return FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments);
  }

  static FunctionDescriptor returnsLong(MemoryLayout... arguments) {
    return FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments);
  }
}
