package io.emberfs.engine.backing;

import io.emberfs.ffi.FileCalls;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A descriptor that is closed by its last user: closed under a running call, its number could be
 * given to another file, and the call would read or write there.
 *
 * <p>{@code users} counts running calls, and one more until {@link #close}. Any thread, no lock, no
 * allocation.
 */
final class OpenDescriptor implements AutoCloseable {
  private static final VarHandle USERS;
  private static final VarHandle CLOSED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      USERS = lookup.findVarHandle(OpenDescriptor.class, "users", int.class);
      CLOSED = lookup.findVarHandle(OpenDescriptor.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int descriptor;
  private volatile int users = 1;
  private volatile boolean closed;

  OpenDescriptor(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * The descriptor, in use until {@link #done}.
   *
   * @throws IllegalStateException after {@link #close}
   */
  int acquire() {
    while (true) {
      int present = users;
      if (present == 0 || closed) {
        throw new IllegalStateException("use of a closed file");
      }
      if (USERS.compareAndSet(this, present, present + 1)) {
        return descriptor;
      }
    }
  }

  /** Ends one use. */
  void done() {
    if ((int) USERS.getAndAdd(this, -1) == 1) {
      FileCalls.close(descriptor);
    }
  }

  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, false, true)) {
      done();
    }
  }
}
