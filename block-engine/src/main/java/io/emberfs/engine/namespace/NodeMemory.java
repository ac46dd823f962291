package io.emberfs.engine.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Attributes;
import io.emberfs.core.FileVersion;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one node.
 *
 * <p>An own change is announced before it begins and after it has ended; in between nothing is
 * answered and nothing is kept. Whoever asks the backing takes the stamp first and gives it back
 * with the answer: an answer that is older than the end of a change is not kept.
 *
 * <p>The monitor guards all fields; nothing is called under it.
 */
final class NodeMemory {
  /** What a node takes in memory, about, with its place in the table. */
  static final int NODE_BYTES = 224;

  private static final int ATTRIBUTES_BYTES = 112;
  private static final int ANSWER_BYTES = 72;

  /** Of one node: more are asked about by nobody with good intentions. */
  static final int ANSWERS_MAX = 32;

  private static final int VALUE_BYTES_MAX = 4096;

  private final AtomicLong totalBytes;

  /** Set by each use, taken away by the clock. */
  @GuardedBy("this")
  private boolean recentlyUsed = true;

  @GuardedBy("this")
  private boolean isGone;

  @GuardedBy("this")
  private int changesInFlight;

  @GuardedBy("this")
  private long stamp;

  @GuardedBy("this")
  private long bytes = NODE_BYTES;

  @GuardedBy("this")
  private @Nullable Attributes attributes;

  @GuardedBy("this")
  private byte @Nullable [] linkTarget;

  @GuardedBy("this")
  private @Nullable ExtendedAnswer extended;

  @GuardedBy("this")
  private byte @Nullable [] extendedNames;

  @GuardedBy("this")
  private @Nullable SeekAnswer seeks;

  @GuardedBy("this")
  private @Nullable Listing listing;

  /** Found while a listing is not complete yet. */
  @GuardedBy("this")
  private @Nullable Map<EntryName, Child> early;

  /** No other spelling of a listed name leads to it; true for good once it was found out. */
  @GuardedBy("this")
  private boolean isExact;

  /**
   * @param totalBytes the sum over all nodes, kept up to date here
   */
  NodeMemory(AtomicLong totalBytes) {
    this.totalBytes = totalBytes;
    totalBytes.addAndGet(NODE_BYTES);
  }

  /** What of a node is saved; immutable but for the children of the listing's entries. */
  record Saved(
      @Nullable Attributes attributes,
      byte @Nullable [] linkTarget,
      @Nullable ExtendedAnswer extended,
      byte @Nullable [] extendedNames,
      @Nullable SeekAnswer seeks,
      @Nullable Listing listing,
      boolean isExact) {}

  // Changes.

  /** A change of this node is about to be made; false if this memory is no longer the node's. */
  synchronized boolean beginChange(boolean isOfNamesToo) {
    if (isGone) {
      return false;
    }
    changesInFlight++;
    clear(isOfNamesToo);
    return true;
  }

  /** A change that was begun has ended, or failed. */
  synchronized void endChange() {
    changesInFlight--;
    stamp++;
  }

  /** Forgets all; without effect on changes in flight. */
  synchronized void forget() {
    clear(true);
  }

  /** Forgets the attributes if the file has another version. */
  synchronized void compare(FileVersion seen) {
    Attributes known = attributes;
    if (known != null
        && (known.size() != seen.size()
            || known.mtimeNanos() != seen.mtimeNanos()
            || known.ctimeNanos() != seen.ctimeNanos())) {
      clear(false);
    }
  }

  @GuardedBy("this")
  private void clear(boolean namesToo) {
    stamp++;
    if (attributes != null) {
      grow(-ATTRIBUTES_BYTES);
      attributes = null;
    }
    for (ExtendedAnswer each = extended; each != null; each = each.next()) {
      grow(-bytesOf(each));
    }
    extended = null;
    if (extendedNames != null) {
      grow(-extendedNames.length);
      extendedNames = null;
    }
    grow(-(long) SeekAnswer.count(seeks) * SeekAnswer.BYTES);
    seeks = null;
    if (namesToo) {
      dropListing();
      dropEarly();
    }
  }

  @GuardedBy("this")
  private void dropListing() {
    if (listing != null) {
      grow(-listing.bytes());
      listing = null;
    }
  }

  @GuardedBy("this")
  private void dropEarly() {
    if (early != null) {
      grow(-(long) early.size() * Listing.ENTRY_BYTES);
      early = null;
    }
  }

  /** One turn of the clock: true if this was not used since the last one and is gone now. */
  synchronized boolean goIfUnused() {
    if (recentlyUsed || changesInFlight > 0) {
      recentlyUsed = false;
      return false;
    }
    // Nothing is left that a later call could take away once more.
    clear(true);
    isGone = true;
    grow(-bytes);
    return true;
  }

  // Answers.

  /** To be taken before the backing is asked. */
  synchronized long stamp() {
    return stamp;
  }

  /** Whether nothing was changed since the stamp was taken. */
  synchronized boolean isStill(long taken) {
    return !isGone && changesInFlight == 0 && stamp == taken;
  }

  synchronized @Nullable Attributes attributes() {
    return answers() ? attributes : null;
  }

  synchronized byte @Nullable [] linkTarget() {
    return answers() ? linkTarget : null;
  }

  synchronized @Nullable ExtendedAnswer extended(EntryName name) {
    if (!answers()) {
      return null;
    }
    for (ExtendedAnswer each = extended; each != null; each = each.next()) {
      if (each.name().equals(name)) {
        return each;
      }
    }
    return null;
  }

  synchronized byte @Nullable [] extendedNames() {
    return answers() ? extendedNames : null;
  }

  synchronized @Nullable SeekAnswer seek(long offset, int whence) {
    if (!answers()) {
      return null;
    }
    for (SeekAnswer each = seeks; each != null; each = each.next()) {
      if (each.offset() == offset && each.whence() == whence) {
        return each;
      }
    }
    return null;
  }

  synchronized @Nullable Listing listing() {
    return answers() ? listing : null;
  }

  /** What is known of a name; {@link Child#NONE} if it is known that there is none. */
  synchronized @Nullable Child child(EntryName name) {
    Listing known = listing;
    if (known == null || !answers()) {
      return null;
    }
    Listing.Entry entry = known.entry(name);
    if (entry != null) {
      return entry.child();
    }
    // A file system may take other spellings than ASCII ones for the same name in its own ways.
    return isExact && name.isAscii() ? Child.NONE : null;
  }

  synchronized boolean isExact() {
    return isExact;
  }

  /** What is known, for saving; null if that is nothing, and while a change is in flight. */
  synchronized @Nullable Saved saved() {
    boolean isEmpty = bytes == NODE_BYTES && !isExact;
    return isGone || isEmpty || changesInFlight > 0
        ? null
        : new Saved(attributes, linkTarget, extended, extendedNames, seeks, listing, isExact);
  }

  @GuardedBy("this")
  private boolean answers() {
    recentlyUsed = true;
    return !isGone && changesInFlight == 0;
  }

  // What the backing said.

  synchronized void keepAttributes(long asked, Attributes answer) {
    // A file without a name is nobody's to find again.
    if (isStill(asked) && attributes == null && answer.linkCount() > 0) {
      attributes = answer;
      grow(ATTRIBUTES_BYTES);
    }
  }

  synchronized void keepLinkTarget(long asked, byte[] answer) {
    if (isStill(asked) && linkTarget == null) {
      linkTarget = answer.clone();
      grow(answer.length);
    }
  }

  /**
   * @param name kept
   */
  synchronized void keepExtended(long asked, EntryName name, byte[] value, int errno) {
    if (!isStill(asked) || value.length > VALUE_BYTES_MAX || extended(name) != null) {
      return;
    }
    int count = 0;
    for (ExtendedAnswer each = extended; each != null; each = each.next()) {
      count++;
    }
    if (count < ANSWERS_MAX) {
      ExtendedAnswer answer = new ExtendedAnswer(name, value.clone(), errno, extended);
      extended = answer;
      grow(bytesOf(answer));
    }
  }

  synchronized void keepExtendedNames(long asked, byte[] names) {
    if (isStill(asked) && extendedNames == null && names.length <= VALUE_BYTES_MAX) {
      extendedNames = names.clone();
      grow(names.length);
    }
  }

  synchronized void keepSeek(long asked, long offset, int whence, long position, int errno) {
    if (isStill(asked) && seek(offset, whence) == null && SeekAnswer.count(seeks) < ANSWERS_MAX) {
      seeks = new SeekAnswer(offset, whence, position, errno, seeks);
      grow(SeekAnswer.BYTES);
    }
  }

  synchronized void keepChild(long asked, EntryName name, Child child) {
    if (!isStill(asked)) {
      return;
    }
    Listing known = listing;
    if (known != null) {
      Listing.Entry entry = known.entry(name);
      if (entry != null) {
        entry.setChild(child);
      }
      return;
    }
    Map<EntryName, Child> found = early;
    if (found == null) {
      found = new HashMap<>();
      early = found;
    }
    if (found.put(name, child) == null) {
      grow(Listing.ENTRY_BYTES);
    }
  }

  synchronized void keepListing(long asked, Listing complete, boolean exact) {
    if (!isStill(asked)) {
      return;
    }
    dropListing();
    if (early != null) {
      early.forEach((name, child) -> {
        Listing.Entry entry = complete.entry(name);
        if (entry != null) {
          entry.setChild(child);
        }
      });
    }
    dropEarly();
    listing = complete;
    isExact |= exact;
    grow(complete.bytes());
  }

  /** Takes up what an earlier run saved; before anybody else knows of this memory. */
  synchronized void restore(Saved saved) {
    attributes = saved.attributes();
    linkTarget = saved.linkTarget();
    extended = saved.extended();
    extendedNames = saved.extendedNames();
    seeks = saved.seeks();
    grow((long) SeekAnswer.count(seeks) * SeekAnswer.BYTES);
    listing = saved.listing();
    isExact = saved.isExact();
    grow(attributes == null ? 0 : ATTRIBUTES_BYTES);
    grow(linkTarget == null ? 0 : linkTarget.length);
    grow(extendedNames == null ? 0 : extendedNames.length);
    grow(listing == null ? 0 : listing.bytes());
    for (ExtendedAnswer each = extended; each != null; each = each.next()) {
      grow(bytesOf(each));
    }
  }

  @GuardedBy("this")
  private void grow(long change) {
    bytes += change;
    totalBytes.addAndGet(change);
  }

  private static long bytesOf(ExtendedAnswer answer) {
    return ANSWER_BYTES + answer.value().length;
  }
}
