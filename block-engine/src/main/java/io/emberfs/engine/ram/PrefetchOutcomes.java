package io.emberfs.engine.ram;

import io.emberfs.core.BlockKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a step under the lock decides on prefetched blocks, kept until the lock is free: the
 * observer is never called under it. A step decides on a bounded number of blocks.
 */
final class PrefetchOutcomes {
  private final ReentrantLock lock;
  private final RamTier.Observer observer;

  /** Read and written under the lock. */
  private List<Outcome> decided = new ArrayList<>();

  /** The end of a prefetched block's probation. */
  record Outcome(BlockKey key, boolean isUsed) {}

  PrefetchOutcomes(ReentrantLock lock, RamTier.Observer observer) {
    this.lock = lock;
    this.observer = observer;
  }

  /** Notes that a block was asked for. Under the lock. */
  void used(BlockKey key) {
    assert lock.isHeldByCurrentThread();
    decided.add(new Outcome(key, true));
  }

  /** Notes that a block went before anybody asked for it. Under the lock. */
  void evictedUnused(BlockKey key) {
    assert lock.isHeldByCurrentThread();
    decided.add(new Outcome(key, false));
  }

  /** What the step that ends decided. Under the lock, last. */
  List<Outcome> take() {
    assert lock.isHeldByCurrentThread();
    if (decided.isEmpty()) {
      return List.of();
    }
    List<Outcome> taken = decided;
    decided = new ArrayList<>();
    return taken;
  }

  /** Tells the observer. Not under the lock. */
  void tell(List<Outcome> outcomes) {
    for (Outcome outcome : outcomes) {
      BlockKey key = outcome.key();
      if (outcome.isUsed()) {
        observer.firstUse(key.fileId(), key.blockIndex());
      } else {
        observer.evictedUnused(key.fileId(), key.blockIndex());
      }
    }
  }
}
