package io.emberfs.fuse.node;

import com.google.errorprone.annotations.ThreadSafe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives out handles for open files: a place in an array and a counter that tells apart two uses of
 * the same place, so that a handle that was given back finds nothing. No handle is 0.
 *
 * <p>Finding takes no lock and allocates nothing; adding and removing take the table's monitor. The
 * array grows up to the bound and never shrinks.
 */
@ThreadSafe
public final class HandleTable<T> {
  private static final int INITIAL_CAPACITY = 256;
  private static final int PLACE_BITS = 32;
  private static final long PLACE_MASK = (1L << PLACE_BITS) - 1;

  private final int handlesMax;

  /**
   * Replaced when it grows; a reader of the old one still finds every handle that it can have heard
   * of.
   */
  private volatile AtomicReferenceArray<@Nullable Use<T>> uses;

  /** Places that were given back, the last first; guarded by this. */
  private int[] freePlaces;

  private int freeCount;
  private int neverUsed;
  private int useCounter;

  /**
   * @param handlesMax handles that may be out at a time
   */
  public HandleTable(int handlesMax) {
    if (handlesMax < 1) {
      throw new IllegalArgumentException("handlesMax " + handlesMax + " is less than 1");
    }
    this.handlesMax = handlesMax;
    int capacity = Math.min(handlesMax, INITIAL_CAPACITY);
    this.uses = new AtomicReferenceArray<>(capacity);
    this.freePlaces = new int[capacity];
  }

  /** Adds an object; returns its handle, or 0 if the bound is reached. */
  public synchronized long add(T value) {
    int place;
    if (freeCount > 0) {
      freeCount--;
      place = freePlaces[freeCount];
    } else if (neverUsed < handlesMax) {
      place = neverUsed;
      neverUsed++;
      if (place == uses.length()) {
        grow();
      }
    } else {
      return 0;
    }
    useCounter++;
    long handle = (long) useCounter << PLACE_BITS | (place + 1L);
    uses.set(place, new Use<>(handle, value));
    return handle;
  }

  /** The object of a handle; null if the handle is not out. */
  public @Nullable T get(long handle) {
    Use<T> use = use(handle);
    return use == null ? null : use.value();
  }

  /** Takes a handle back and returns its object; null if the handle is not out. */
  public synchronized @Nullable T remove(long handle) {
    Use<T> use = use(handle);
    if (use == null) {
      return null;
    }
    int place = (int) ((handle & PLACE_MASK) - 1);
    uses.set(place, null);
    freePlaces[freeCount] = place;
    freeCount++;
    return use.value();
  }

  /** Takes all handles back and hands their objects over. */
  public void removeAll(Consumer<T> sink) {
    List<T> values = new ArrayList<>();
    synchronized (this) {
      for (int place = 0; place < neverUsed; place++) {
        Use<T> use = uses.get(place);
        if (use != null) {
          values.add(use.value());
          remove(use.handle());
        }
      }
    }
    values.forEach(sink);
  }

  /** Handles that are out. */
  public synchronized int count() {
    return neverUsed - freeCount;
  }

  private @Nullable Use<T> use(long handle) {
    AtomicReferenceArray<@Nullable Use<T>> present = uses;
    long place = (handle & PLACE_MASK) - 1;
    if (place < 0 || place >= present.length()) {
      return null;
    }
    Use<T> use = present.get((int) place);
    return use != null && use.handle() == handle ? use : null;
  }

  private void grow() {
    int capacity = (int) Math.min(handlesMax, 2L * uses.length());
    AtomicReferenceArray<@Nullable Use<T>> larger = new AtomicReferenceArray<>(capacity);
    for (int i = 0; i < uses.length(); i++) {
      larger.setPlain(i, uses.get(i));
    }
    uses = larger;
    freePlaces = Arrays.copyOf(freePlaces, capacity);
  }

  private record Use<T>(long handle, T value) {}
}
