package io.emberfs.engine.namespace;

import io.emberfs.core.NodeIdentity;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of which something is remembered, bounded in bytes: above the bound a clock hand goes
 * over them and drops those that were not used since its last turn.
 *
 * <p>A memory that was dropped answers nothing and keeps nothing, whoever still holds it.
 */
final class NamespaceMemory {
  /** Of the bound, for one directory. */
  private static final int LISTING_SHARE = 4;

  private static final int SWEEP_SHARE = 16;
  private static final int ATTRIBUTE_NAMES_MAX = 256;

  private final Map<NodeIdentity, NodeMemory> nodes = new ConcurrentHashMap<>();

  /** Of extended attributes: nearly all nodes are asked for the same few. */
  private final Map<EntryName, EntryName> attributeNames = new ConcurrentHashMap<>();

  private final AtomicLong bytes = new AtomicLong();

  /** Of listings that are being read. */
  private final AtomicLong draftBytes = new AtomicLong();

  private final AtomicLong additions = new AtomicLong();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final long bytesMax;

  /** Of the thread that sweeps. */
  private @Nullable Iterator<Map.Entry<NodeIdentity, NodeMemory>> hand;

  /**
   * @param bytesMax what may be remembered, about
   */
  NamespaceMemory(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  int nodeCount() {
    return nodes.size();
  }

  long bytes() {
    return bytes.get();
  }

  long bytesMax() {
    return bytesMax;
  }

  /** For one directory; and for all that are being read, which nobody can make drop anything. */
  long listingBytesMax() {
    return bytesMax / LISTING_SHARE;
  }

  /** Of listings that are being read. */
  long draftBytes() {
    return draftBytes.get();
  }

  /** Counts bytes of a listing that is being read; false if all of them take too much now. */
  boolean growDrafts(long added) {
    return draftBytes.addAndGet(added) <= listingBytesMax();
  }

  /** Takes back what was counted by {@link #growDrafts}. */
  void shrinkDrafts(long removed) {
    draftBytes.addAndGet(-removed);
  }

  /** Another number than before if something was added or forgotten since. */
  long revision() {
    return additions.get();
  }

  /**
   * The memory of a node, made if there is none; null for a node that cannot be told from a later
   * one of the same number.
   */
  @Nullable NodeMemory of(NodeIdentity identity) {
    NodeMemory known = nodes.get(identity);
    if (known != null || identity.inodeGeneration() == 0) {
      return known;
    }
    return nodes.computeIfAbsent(identity, _ -> new NodeMemory(bytes));
  }

  /** Begins a change of a node and returns the memory to end it with; null as {@link #of}. */
  @Nullable NodeMemory beginChange(NodeIdentity identity, boolean isOfNamesToo) {
    while (true) {
      NodeMemory memory = of(identity);
      if (memory == null || memory.beginChange(isOfNamesToo)) {
        additions.incrementAndGet();
        return memory;
      }
      nodes.remove(identity, memory);
    }
  }

  /** The same name of an extended attribute, whose array is not changed by anybody. */
  EntryName attributeName(EntryName name) {
    EntryName known = attributeNames.get(name);
    if (known != null) {
      return known;
    }
    EntryName kept = new EntryName(name.bytes().clone());
    if (attributeNames.size() < ATTRIBUTE_NAMES_MAX) {
      EntryName raced = attributeNames.putIfAbsent(kept, kept);
      return raced != null ? raced : kept;
    }
    return kept;
  }

  /** Forgets everything; changes in flight stay in flight. */
  void forgetAll() {
    additions.incrementAndGet();
    nodes.values().forEach(NodeMemory::forget);
  }

  /** Something was kept: makes room if that is too much. No monitor of a node is held. */
  void grown() {
    additions.incrementAndGet();
    if (bytes.get() > bytesMax && sweeping.compareAndSet(false, true)) {
      try {
        sweep(bytesMax - bytesMax / SWEEP_SHARE);
      } finally {
        sweeping.set(false);
      }
    }
  }

  void sweep(long bytesWanted) {
    for (long visits = 2L * nodes.size(); visits > 0 && bytes.get() > bytesWanted; visits--) {
      Iterator<Map.Entry<NodeIdentity, NodeMemory>> at = hand;
      if (at == null || !at.hasNext()) {
        at = nodes.entrySet().iterator();
        hand = at;
        if (!at.hasNext()) {
          return;
        }
      }
      Map.Entry<NodeIdentity, NodeMemory> each = at.next();
      if (each.getValue().goIfUnused()) {
        nodes.remove(each.getKey(), each.getValue());
      }
    }
  }

  /** Takes up what an earlier run knew of a node; false if there is no room for more. */
  boolean restore(NodeIdentity identity, NodeMemory.Saved saved) {
    if (bytes.get() > bytesMax) {
      return false;
    }
    NodeMemory memory = new NodeMemory(bytes);
    memory.restore(saved);
    nodes.put(identity, memory);
    return true;
  }

  /** Shows what can be saved. */
  void forEachSaved(BiConsumer<NodeIdentity, NodeMemory.Saved> visitor) {
    nodes.forEach((identity, memory) -> {
      NodeMemory.Saved saved = memory.saved();
      if (saved != null) {
        visitor.accept(identity, saved);
      }
    });
  }
}
