package io.emberfs.simulation;

import io.emberfs.core.BackingNode;
import io.emberfs.core.Clock;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Every content that one file of the backing ever had, in order, and from that what a read may
 * return.
 *
 * <p>A read may show any state from the least that it must see to the last: it must see what own
 * operations had done when they were answered, what others had done when an open began that is
 * through, and what others did longer than the attribute time-to-live before the read began. The
 * bytes of one granule are those of one state, and all bytes of a read belong to one <i>epoch</i>:
 * they do not mix contents from before and after a change by somebody else.
 *
 * <p><b>Landing</b>: the kernel moves ctime before it copies the bytes of a write. Somebody else's
 * bytes may so arrive under a version that was seen already. They have to be seen when they are
 * older than the time-to-live, counted from when everything was over that was under way as they
 * arrived; until then states go on in a second form, the shadow, in which they never did.
 */
final class FileHistory {
  static final int GRANULE_SIZE = 4096;

  private final Clock clock;
  private final long ttlNanos;
  private final String name;
  private final BackingNode node;
  private final List<State> states = new ArrayList<>();
  private boolean unlinked;
  private int users;
  private int windowCount;
  private int mustSee;
  private int durable;
  private @Nullable Landing landing;
  private @Nullable ForeignWrite inFlight;

  private record State(
      byte[] content, byte @Nullable [] shadow, int epoch, long nanos, boolean isForeign) {}

  /**
   * A write of somebody else whose ctime is set and whose bytes are still to come.
   *
   * @param endWallNanos before when they do
   */
  record ForeignWrite(int offset, byte[] bytes, long endWallNanos) {}

  /** What a read that begins now must see. */
  record Start(int least, boolean mayMissLanding) {}

  /** Bytes that arrived under a version that was there before. */
  final class Landing {
    private final int index;
    private final Set<Activity> underWay;
    private long overNanos = clock.nanoTime();

    private Landing(int index, List<Activity> underWay) {
      this.index = index;
      this.underWay = new HashSet<>(underWay);
      underWay.forEach(activity -> activity.sawLanding(this));
    }

    /** An activity that was under way is over. */
    void left(Activity activity) {
      underWay.remove(activity);
      overNanos = clock.nanoTime();
    }

    private boolean isDue() {
      return underWay.isEmpty() && overNanos < clock.nanoTime() - ttlNanos;
    }
  }

  /**
   * @param node with a reference that stays as long as this does
   */
  FileHistory(String name, BackingNode node, byte[] content, Clock clock, long ttlNanos) {
    this.name = name;
    this.node = node;
    this.clock = clock;
    this.ttlNanos = ttlNanos;
    states.add(new State(content, null, 0, clock.nanoTime(), true));
  }

  String name() {
    return name;
  }

  BackingNode node() {
    return node;
  }

  byte[] content() {
    return states.getLast().content;
  }

  /** Number of the last state. */
  int last() {
    return states.size() - 1;
  }

  // Who uses the file.

  /** Somebody begins to use the file, with a reference to its node. */
  void enter() {
    users++;
    node.retain();
  }

  /** Returns whether nobody can ask for the file's bytes any more. */
  boolean leave() {
    users--;
    node.release(1);
    return users == 0 && unlinked;
  }

  void noteUnlinked() {
    unlinked = true;
  }

  boolean isUnlinked() {
    return unlinked;
  }

  void enterWindow() {
    windowCount++;
  }

  void leaveWindow() {
    windowCount--;
  }

  /** Whether an own change is between its two looks at the version. */
  boolean isInWindow() {
    return windowCount > 0;
  }

  // What happens to the file.

  /** An own operation changed the backing; returns the number of the new state. */
  int own(UnaryOperator<byte[]> change) {
    State before = states.getLast();
    byte[] shadow = before.shadow == null || landing == null ? null : change.apply(before.shadow);
    states.add(
        new State(change.apply(before.content), shadow, before.epoch, clock.nanoTime(), false));
    return last();
  }

  /** Somebody else changed the file, all at once. */
  void foreign(byte[] content) {
    states.add(new State(content, null, states.getLast().epoch + 1, clock.nanoTime(), true));
    landing = null;
  }

  @Nullable ForeignWrite inFlight() {
    return inFlight;
  }

  void setInFlight(@Nullable ForeignWrite write) {
    inFlight = write;
  }

  /** Whether a landing would be the second that reads may miss. */
  boolean hasFreshLanding() {
    return landing != null && !landing.isDue();
  }

  /** The bytes in flight arrive; whatever is under way may have missed them. */
  ForeignWrite land(List<Activity> underWay) {
    ForeignWrite write = inFlight;
    if (write == null) {
      throw new IllegalStateException("nothing is in flight to " + name);
    }
    inFlight = null;
    State before = states.getLast();
    byte[] content = before.content.clone();
    System.arraycopy(write.bytes, 0, content, write.offset, write.bytes.length);
    states.add(new State(content, before.content, before.epoch, clock.nanoTime(), false));
    landing = new Landing(last(), underWay);
    return write;
  }

  /** An own change was answered: it is seen from now on. */
  void acknowledge(int index) {
    mustSee = Math.max(mustSee, index);
  }

  /** An open is through that began when {@code index} was the last state. */
  void opened(int index) {
    mustSee = Math.max(mustSee, Math.min(index, lastWithoutLanding(index)));
  }

  /** The least state that every answered own change is in. */
  int acknowledged() {
    return mustSee;
  }

  void noteDurable() {
    durable = last();
  }

  int durable() {
    return durable;
  }

  byte[] content(int index) {
    return states.get(index).content;
  }

  /** The process is another: nobody holds the file, and everything so far has to be seen. */
  void restarted() {
    node.release(users);
    users = 0;
    windowCount = 0;
    landing = null;
    mustSee = last();
  }

  /** An open does not reveal bytes that came under the old version. */
  private int lastWithoutLanding(int index) {
    Landing last = landing;
    return last != null && !last.isDue() && last.index <= index ? last.index - 1 : index;
  }

  // What a read may return.

  /** A read begins. */
  Start begin() {
    long seenBefore = clock.nanoTime() - ttlNanos;
    int least = mustSee;
    for (int i = last(); i > least; i--) {
      State state = states.get(i);
      if (state.isForeign && state.nanos < seenBefore) {
        least = i;
      }
    }
    Landing last = landing;
    if (last != null && last.isDue()) {
      return new Start(Math.max(least, last.index), false);
    }
    return new Start(least, last != null);
  }

  /**
   * Judges what a read returned.
   *
   * @param got {@code count} bytes at its start
   * @param mayTear whether the bytes came straight from the backing, which promises less
   */
  void check(Start start, long offset, int length, MemorySegment got, int count, boolean mayTear) {
    int from = start.least;
    while (from <= last()) {
      int to = from;
      while (to < last() && states.get(to + 1).epoch == states.get(from).epoch) {
        to++;
      }
      if (hasSize(from, to, offset, length, count, false)
          && isExplained(start, from, to, offset, got, count)) {
        return;
      }
      from = to + 1;
    }
    if (mayTear
        && hasSize(start.least, last(), offset, length, count, true)
        && isExplained(start, start.least, last(), offset, got, count)) {
      return;
    }
    throw new AssertionError(
        "a read of %s from %d, %d bytes, answered %d that it may not: %s"
            .formatted(name, offset, length, count, described(start, offset, got, count)));
  }

  /**
   * Whether a read of one of these states ends after {@code count} bytes.
   *
   * @param inParts whether the read may have met one state with its first part and another with the
   *     next
   */
  private boolean hasSize(int from, int to, long offset, int length, int count, boolean inParts) {
    boolean reaches = false;
    boolean ends = false;
    for (int i = from; i <= to; i++) {
      long available = Math.clamp(states.get(i).content.length - offset, 0, length);
      if (available == count) {
        return true;
      }
      reaches |= available > count;
      ends |= available < count || count == length;
    }
    return inParts && reaches && ends;
  }

  private boolean isExplained(
      Start start, int from, int to, long offset, MemorySegment got, int count) {
    long position = offset;
    long end = offset + count;
    while (position < end) {
      long pieceEnd = Math.min(end, (position / GRANULE_SIZE + 1) * GRANULE_SIZE);
      boolean found = false;
      for (int i = to; i >= from && !found; i--) {
        found = shows(start, i, position, pieceEnd, got, position - offset);
      }
      if (!found) {
        return false;
      }
      position = pieceEnd;
    }
    return true;
  }

  private boolean shows(
      Start start, int index, long position, long end, MemorySegment got, long gotOffset) {
    State state = states.get(index);
    return equal(state.content, position, end, got, gotOffset)
        || start.mayMissLanding && equal(state.shadow, position, end, got, gotOffset);
  }

  private static boolean equal(
      byte @Nullable [] content, long from, long to, MemorySegment got, long gotOffset) {
    return content != null
        && to <= content.length
        && MemorySegment.mismatch(
                MemorySegment.ofArray(content), from, to, got, gotOffset, gotOffset + to - from)
            < 0;
  }

  private String described(Start start, long offset, MemorySegment got, int count) {
    StringBuilder text = new StringBuilder();
    text.append("states ").append(start.least).append(" to ").append(last());
    text.append(" are allowed, with sizes");
    for (int i = start.least; i <= last(); i++) {
      text.append(' ').append(states.get(i).content.length);
    }
    long end = offset + count;
    for (long at = offset; at < end; at = (at / GRANULE_SIZE + 1) * GRANULE_SIZE) {
      long pieceEnd = Math.min(end, (at / GRANULE_SIZE + 1) * GRANULE_SIZE);
      List<String> shown = new ArrayList<>();
      for (int i = 0; i <= last(); i++) {
        State state = states.get(i);
        if (equal(state.content, at, pieceEnd, got, at - offset)) {
          shown.add(i + "/" + state.epoch);
        } else if (equal(state.shadow, at, pieceEnd, got, at - offset)) {
          shown.add(i + "/" + state.epoch + " before the landing");
        }
      }
      text.append("; bytes %d to %d show %s".formatted(at, pieceEnd, shown));
    }
    return text.toString();
  }

  /** Content with bytes put into it, extended where they reach further. */
  static UnaryOperator<byte[]> written(long offset, byte[] bytes) {
    return content -> {
      byte[] next = Arrays.copyOf(content, (int) Math.max(content.length, offset + bytes.length));
      System.arraycopy(bytes, 0, next, (int) offset, bytes.length);
      return next;
    };
  }

  /** Content cut or extended. */
  static UnaryOperator<byte[]> resized(long size) {
    return content -> Arrays.copyOf(content, (int) size);
  }

  /** Content with zeros in a range, its size unchanged. */
  static UnaryOperator<byte[]> cleared(long offset, long length) {
    return content -> {
      byte[] next = content.clone();
      int from = (int) Math.min(offset, next.length);
      Arrays.fill(next, from, (int) Math.min(offset + length, next.length), (byte) 0);
      return next;
    };
  }
}
