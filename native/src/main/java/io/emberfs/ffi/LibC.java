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
import java.util.Arrays;

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

  /** Links a function without variadic arguments, see {@link #link(String, int, int)}. */
  static MethodHandle link(String name, int argumentCount) {
    return link(name, argumentCount, -1);
  }

  /**
   * Links a function whose first parameter in Java is the capture buffer of {@link #captured()}.
   *
   * <p>Every argument and the result is a {@code long}, whatever C calls it: an integer or pointer
   * fills one 64-bit register, of which the callee takes as much as its type has (System V ABI,
   * AArch64 procedure call). So all functions with as many arguments share one stub and its lambda
   * forms, which the first call would otherwise wait for. The upper half of a C {@code int} result
   * is undefined: {@link #intOrErrno}.
   *
   * @param firstVariadic index of the first variadic argument, or -1
   */
  static MethodHandle link(String name, int argumentCount, int firstVariadic) {
    MemorySegment address =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("no " + name + " in the C library"));
    MemoryLayout[] arguments = new MemoryLayout[argumentCount];
    Arrays.fill(arguments, ValueLayout.JAVA_LONG);
    FunctionDescriptor descriptor = FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments);
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

  /**
   * The result of a function that returns a C {@code int}, which is the lower half of {@code
   * register}; or the negated errno in {@code captured} if that is -1.
   */
  static int intOrErrno(long register, MemorySegment captured) {
    int result = (int) register;
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
}
