package io.emberfs.engine.warm;

import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.read.BlockLoads;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Keeps RAM warm over restarts: takes up the keys that an earlier run saved, and saves those that
 * are there, now and then and at the end, so that a kill loses what came since the last time.
 *
 * <p>One thread restores, one saves; they meet in {@code waiting} alone, which is safe for both.
 */
public final class WarmSet {
  private static final int RESTORED_PER_STEP = 64;

  /** While somebody waits for something slower than RAM; a step is followed by a rest then. */
  private static final int RESTORED_BESIDE_DEMAND = 4;

  /**
   * Share of RAM that a restore leaves free, so that it never evicts what demand has just brought.
   */
  private static final double RESERVE_SHARE = 0.1;

  private final RamTier ram;
  private final FileTable files;
  private final BlockLoads loads;
  private final IntSupplier demandInFlight;
  private final StateStore store;
  private final WarmState state;
  private final Meters.Counter restored;
  private final Meters.Counter saves;

  /** Most valuable first. */
  private final Queue<WarmState.Entry> waiting = new ConcurrentLinkedQueue<>();

  /** Of {@code waiting}, which would count them one by one; written by the thread that restores. */
  private volatile int waitingCount;

  /** Of the thread that saves. */
  private long savedFingerprint;

  /**
   * @param blocksMax keys to save or to believe, at most
   * @param demandInFlight reads that wait for something slower than RAM now
   */
  public WarmSet(
      RamTier ram,
      FileTable files,
      BlockLoads loads,
      IntSupplier demandInFlight,
      StateStore store,
      int blocksMax,
      Meters meters) {
    this.ram = ram;
    this.files = files;
    this.loads = loads;
    this.demandInFlight = demandInFlight;
    this.store = store;
    state = new WarmState(blocksMax);
    restored = meters.counter("warm.restoredBlocks");
    saves = meters.counter("warm.saves");
    meters.gauge("warm.waitingBlocks", () -> waitingCount);
  }

  /** Takes up what an earlier run saved; {@link #restoreStep} brings it back. */
  public void load() {
    List<WarmState.Entry> entries = state.load(store);
    waiting.addAll(entries);
    waitingCount = entries.size();
    WarmState.Fingerprint loaded = new WarmState.Fingerprint();
    entries.forEach(loaded::add);
    savedFingerprint = loaded.value();
  }

  /**
   * Brings some blocks back to RAM, from the tiers below and only while there is room; the backing
   * is not asked. They are served once their file is opened and its version was found unchanged.
   *
   * @return how many were looked for, or 0 if others wait for the tiers below
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written by one thread only
  public int restoreStep() {
    boolean isBesideDemand = demandInFlight.getAsInt() > 0;
    int countMax = isBesideDemand ? RESTORED_BESIDE_DEMAND : RESTORED_PER_STEP;
    int count = 0;
    while (count < countMax) {
      WarmState.Entry entry = waiting.peek();
      if (entry == null) {
        break;
      }
      if (ram.capacityBytes() - ram.usedBytes() < ram.capacityBytes() * RESERVE_SHARE) {
        waiting.clear();
        waitingCount = 0;
        break;
      }
      restore(entry);
      // Only now: a save meanwhile finds it here or there.
      waiting.remove();
      waitingCount--;
      count++;
    }
    return isBesideDemand ? 0 : count;
  }

  private void restore(WarmState.Entry entry) {
    FileState known = files.inMemory(entry.fileId());
    boolean isDead = known != null && known.fileGeneration() != entry.fileGeneration();
    if (!isDead
        && loads.promote(
            entry.fileId(), entry.blockIndex(), entry.fileGeneration(), entry.granules(), 0)) {
      restored.increment();
    }
  }

  /**
   * Saves the keys of what is in RAM, and behind them of what is still to be restored, unless that
   * is what was saved last.
   *
   * @throws IOException if it cannot be stored; what was saved before is still there
   */
  public void save() throws IOException {
    WarmState.Fingerprint fingerprint = new WarmState.Fingerprint();
    forEach(fingerprint::add);
    if (fingerprint.value() != savedFingerprint) {
      // Seen once more: up to a million keys are not held for this.
      savedFingerprint = state.save(this::forEach, store);
      saves.increment();
    }
  }

  private void forEach(Consumer<WarmState.Entry> visitor) {
    int[] count = {0};
    ram.forEachMeta(meta -> {
      visitor.accept(WarmState.Entry.of(meta));
      count[0]++;
      return count[0] < state.blockCountMax();
    });
    for (WarmState.Entry entry : waiting) {
      if (count[0] == state.blockCountMax()) {
        return;
      }
      visitor.accept(entry);
      count[0]++;
    }
  }
}
