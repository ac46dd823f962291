package io.emberfs.engine.writeback;

import static io.emberfs.engine.writeback.DirtyMemory.PAGE_BYTES;

import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Changes of one file as one: how much of what lies below them stays, and which bytes replace it.
 * What stays neither below nor here, up to the file's size, are zeros. Guarded by the file's lock.
 */
final class DirtyLayer {
  /** Nothing was cut off. */
  static final long ALL = Long.MAX_VALUE;

  private final DirtyMemory memory;
  private final NavigableMap<Long, DirtyPage> pages = new TreeMap<>();
  private long kept = ALL;
  private boolean hasChanges;

  DirtyLayer(DirtyMemory memory) {
    this.memory = memory;
  }

  /** Whether there was no change. */
  boolean isEmpty() {
    return !hasChanges;
  }

  /** Up to where the bytes below stay: {@link #ALL}, or the smallest size the file was cut to. */
  long kept() {
    return kept;
  }

  /** Bytes of memory in use. */
  long bytes() {
    return (long) pages.size() * PAGE_BYTES;
  }

  /** Copies bytes in. */
  void write(long offset, MemorySegment bytes) {
    hasChanges = true;
    long length = bytes.byteSize();
    for (long done = 0; done < length; ) {
      int inPage = (int) ((offset + done) % PAGE_BYTES);
      long n = Math.min(length - done, PAGE_BYTES - inPage);
      page((offset + done) / PAGE_BYTES).put(inPage, bytes.asSlice(done, n));
      done += n;
    }
  }

  /** Cuts everything behind a size off, here and below. */
  void truncate(long size) {
    hasChanges = true;
    kept = Math.min(kept, size);
    int inPage = (int) (size % PAGE_BYTES);
    long firstCut = size / PAGE_BYTES;
    if (inPage != 0) {
      DirtyPage last = pages.get(firstCut);
      if (last != null) {
        last.cut(inPage);
      }
      if (last == null || !last.isEmpty()) {
        firstCut++;
      }
    }
    NavigableMap<Long, DirtyPage> gone = pages.tailMap(firstCut, true);
    gone.values().forEach(page -> memory.give(page.memory()));
    gone.clear();
  }

  /** Takes over the changes of a layer that was made after this one, which is empty then. */
  void absorb(DirtyLayer newer) {
    if (newer.isEmpty()) {
      return;
    }
    if (newer.kept != ALL) {
      truncate(newer.kept);
    }
    hasChanges = true;
    newer.pages.forEach(this::absorbPage);
    newer.pages.clear();
    newer.release();
  }

  private void absorbPage(long index, DirtyPage newer) {
    DirtyPage present = pages.get(index);
    if (present == null) {
      pages.put(index, newer);
      return;
    }
    int end;
    for (int from = newer.nextDirty(0); from < PAGE_BYTES; from = newer.nextDirty(end)) {
      end = newer.nextClean(from);
      present.put(from, newer.memory().asSlice(from, end - from));
    }
    memory.give(newer.memory());
  }

  /**
   * Lays the dirty bytes of a range over what lies below.
   *
   * @param target of the range's length
   * @param limit dirty bytes from this offset of the file on were cut off since
   */
  void overlay(long offset, MemorySegment target, long limit) {
    long end = Math.min(offset + target.byteSize(), limit);
    if (end <= offset) {
      return;
    }
    pages
        .subMap(offset / PAGE_BYTES, true, (end - 1) / PAGE_BYTES, true)
        .forEach((index, page) -> overlayPage(index * PAGE_BYTES, page, offset, end, target));
  }

  private static void overlayPage(
      long pageOffset, DirtyPage page, long offset, long end, MemorySegment target) {
    int first = (int) Math.max(0, offset - pageOffset);
    int last = (int) Math.min(PAGE_BYTES, end - pageOffset);
    int until;
    for (int from = page.nextDirty(first); from < last; from = page.nextDirty(until)) {
      until = Math.min(page.nextClean(from), last);
      MemorySegment.copy(
          page.memory(), from, target, pageOffset + from - offset, (long) until - from);
    }
  }

  /** Whether every byte of a range is here. */
  boolean covers(long offset, long length) {
    for (long page = offset / PAGE_BYTES; page <= (offset + length - 1) / PAGE_BYTES; page++) {
      DirtyPage present = pages.get(page);
      if (present == null) {
        return false;
      }
      int first = (int) Math.max(0, offset - page * PAGE_BYTES);
      int last = (int) Math.min(PAGE_BYTES, offset + length - page * PAGE_BYTES);
      if (present.nextDirty(first) != first || present.nextClean(first) < last) {
        return false;
      }
    }
    return true;
  }

  /**
   * Hands over all dirty bytes in runs, ascending, as long as the buffer allows.
   *
   * @param buffer at least a page
   */
  <E extends Exception> void forEachRun(MemorySegment buffer, RunSink<E> sink) throws E {
    long start = 0;
    long length = 0;
    for (Map.Entry<Long, DirtyPage> each : pages.entrySet()) {
      long pageOffset = each.getKey() * PAGE_BYTES;
      DirtyPage page = each.getValue();
      int until;
      for (int from = page.nextDirty(0); from < PAGE_BYTES; from = page.nextDirty(until)) {
        until = page.nextClean(from);
        boolean continues = start + length == pageOffset + from;
        if (length > 0 && (!continues || length + until - from > buffer.byteSize())) {
          sink.accept(start, buffer.asSlice(0, length));
          length = 0;
        }
        if (length == 0) {
          start = pageOffset + from;
        }
        MemorySegment.copy(page.memory(), from, buffer, length, (long) until - from);
        length += until - from;
      }
    }
    if (length > 0) {
      sink.accept(start, buffer.asSlice(0, length));
    }
  }

  /** Gives the memory back; the layer is empty then. */
  void release() {
    for (Iterator<DirtyPage> each = pages.values().iterator(); each.hasNext(); ) {
      memory.give(each.next().memory());
      each.remove();
    }
    kept = ALL;
    hasChanges = false;
  }

  private DirtyPage page(long index) {
    return pages.computeIfAbsent(index, _ -> new DirtyPage(memory.take()));
  }

  /**
   * Takes dirty bytes.
   *
   * @param <E> what may be thrown while they are taken
   */
  @FunctionalInterface
  interface RunSink<E extends Exception> {
    /**
     * One run.
     *
     * @param bytes valid for this call only
     */
    void accept(long offset, MemorySegment bytes) throws E;
  }
}
