package io.emberfs.engine.codec;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a codec works with outside the heap, kept for the next call instead of made for each one. A
 * call takes one and gives it back. Nobody waits: who finds none makes one, and what comes back
 * while enough are idle is freed. So there are at most as many as calls under way, and a few idle
 * ones. Any thread, no lock.
 *
 * <p>The first one that is made loads the native library; where that fails, there are none.
 */
final class ContextPool<T> {
  static final int IDLE_MAX = 8;

  private static final Logger LOG = LoggerFactory.getLogger(ContextPool.class);

  private final String codecName;
  private final Supplier<T> maker;
  private final Consumer<T> freer;
  private final AtomicReferenceArray<T> idle = new AtomicReferenceArray<>(IDLE_MAX);
  private volatile boolean isLibraryMissing;
  private volatile boolean isClosed;

  /**
   * @param maker throws {@link LinkageError} if the native library cannot be loaded
   * @param freer gives up what an object holds outside the heap
   */
  ContextPool(String codecName, Supplier<T> maker, Consumer<T> freer) {
    this.codecName = codecName;
    this.maker = maker;
    this.freer = freer;
  }

  /**
   * An object for the caller alone; null if there is no native library.
   *
   * @throws IllegalStateException after {@link #close}
   */
  @Nullable T take() {
    if (isClosed) {
      throw new IllegalStateException("codec " + codecName + " is closed");
    }
    for (int i = 0; i < IDLE_MAX; i++) {
      if (idle.get(i) != null) {
        T context = idle.getAndSet(i, null);
        if (context != null) {
          return context;
        }
      }
    }
    return make();
  }

  /** Gives an object back, ready for the next call. */
  void give(T context) {
    for (int i = 0; i < IDLE_MAX && !isClosed; i++) {
      if (idle.compareAndSet(i, null, context)) {
        if (isClosed) {
          close(); // it came too late for the first look
        }
        return;
      }
    }
    freer.accept(context);
  }

  /** Frees the idle ones, and those under way once they come back. */
  void close() {
    isClosed = true;
    for (int i = 0; i < IDLE_MAX; i++) {
      T context = idle.getAndSet(i, null);
      if (context != null) {
        freer.accept(context);
      }
    }
  }

  private @Nullable T make() {
    if (isLibraryMissing) {
      return null;
    }
    try {
      return maker.get();
    } catch (LinkageError cause) {
      // Blocks stay uncompressed and those of this codec are misses: slower, not wrong.
      isLibraryMissing = true;
      LOG.warn("codec {} cannot be used here: {}", codecName, cause.toString());
      return null;
    }
  }
}
