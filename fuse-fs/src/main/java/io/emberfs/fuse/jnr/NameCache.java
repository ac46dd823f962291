package io.emberfs.fuse.jnr;

import com.google.errorprone.annotations.ThreadSafe;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for a short time which node a name of a directory means. The name looked up longest ago
 * goes first when it is full.
 *
 * <p>A name holds its node and its directory, so neither can be forgotten and its id come to mean
 * another node while the name stands. A renamed directory takes the names below it along, since
 * they hang on its node.
 *
 * <p>What was looked up while a name was being changed may be older than the change: {@link #put}
 * takes it only if nothing was changed since the look-up began.
 */
@ThreadSafe
final class NameCache {
  private final NodeReferences references;
  private final Clock clock;
  private final int namesMax;
  private final long validNanos;

  /** The one looked up longest ago first. */
  @GuardedBy("this")
  private final Map<Key, Name> names = new LinkedHashMap<>();

  @GuardedBy("this")
  private long changes;

  /**
   * @param namesMax names remembered at most
   * @param validNanos how long a name is believed; 0 remembers none
   */
  NameCache(NodeReferences references, Clock clock, int namesMax, long validNanos) {
    this.references = references;
    this.clock = clock;
    this.namesMax = namesMax;
    this.validNanos = validNanos;
  }

  private record Name(HeldNode node, long sinceNanos) {}

  private static final class Key {
    private final HeldNode parent;
    private final byte[] name;

    Key(HeldNode parent, byte[] name) {
      this.parent = parent;
      this.name = name;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && key.parent == parent && Arrays.equals(key.name, name);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(parent) + Arrays.hashCode(name);
    }
  }

  /**
   * The moment before a look-up, for {@link #put}.
   *
   * @param changes how many changes there were
   * @param nanos when it was
   */
  record Moment(long changes, long nanos) {}

  synchronized Moment now() {
    return new Moment(changes, clock.nanoTime());
  }

  /** The node of a name, with one use of the caller's; null if it is not known, or not any more. */
  synchronized @Nullable HeldNode find(HeldNode parent, byte[] name) {
    Name known = names.get(new Key(parent, name));
    if (known == null || clock.nanoTime() - known.sinceNanos() >= validNanos) {
      return null;
    }
    references.retain(known.node());
    return known.node();
  }

  /**
   * Remembers what a look-up found.
   *
   * @param before the moment when the look-up began
   * @return false if names were changed since, and nothing is remembered
   */
  boolean put(HeldNode parent, byte[] name, HeldNode node, Moment before) {
    if (validNanos == 0) {
      return true;
    }
    List<HeldNode> given = new ArrayList<>();
    synchronized (this) {
      if (before.changes() != changes) {
        return false;
      }
      references.retain(node);
      references.retain(parent);
      Key key = new Key(parent, name);
      Name old = names.remove(key);
      names.put(key, new Name(node, before.nanos()));
      if (old != null) {
        given.add(old.node());
        given.add(parent);
      }
      if (names.size() > namesMax) {
        Map.Entry<Key, Name> eldest = names.entrySet().iterator().next();
        names.remove(eldest.getKey());
        given.add(eldest.getValue().node());
        given.add(eldest.getKey().parent);
      }
    }
    given.forEach(references::release);
    return true;
  }

  /** A name may have come to mean something else: look-ups that are under way are not believed. */
  void changed(HeldNode parent, byte[] name) {
    synchronized (this) {
      changes++;
    }
    drop(parent, name);
  }

  /** Forgets a name. */
  void drop(HeldNode parent, byte[] name) {
    Name old;
    synchronized (this) {
      old = names.remove(new Key(parent, name));
    }
    if (old != null) {
      references.release(old.node());
      references.release(parent);
    }
  }

  /**
   * Forgets names that are not believed any more: a node that nobody needs keeps a descriptor open,
   * and a removed file its space. Names that a slower look-up put behind a fresh one follow later.
   */
  void expire() {
    List<HeldNode> given = new ArrayList<>();
    synchronized (this) {
      long now = clock.nanoTime();
      Iterator<Map.Entry<Key, Name>> eldest = names.entrySet().iterator();
      while (eldest.hasNext()) {
        Map.Entry<Key, Name> entry = eldest.next();
        if (now - entry.getValue().sinceNanos() < validNanos) {
          break;
        }
        eldest.remove();
        given.add(entry.getValue().node());
        given.add(entry.getKey().parent);
      }
    }
    given.forEach(references::release);
  }

  /** Forgets all names. */
  void clear() {
    List<HeldNode> given = new ArrayList<>();
    synchronized (this) {
      changes++;
      names.forEach((key, name) -> {
        given.add(name.node());
        given.add(key.parent);
      });
      names.clear();
    }
    given.forEach(references::release);
  }

  /** Names remembered. */
  synchronized int count() {
    return names.size();
  }
}
