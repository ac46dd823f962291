package io.emberfs.persistence.ssd;

import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import java.io.IOException;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a device back that had failed, without anybody above the tier noticing: sees whether it
 * works, opens the database anew, compares all that it shows with the index, and lets it serve.
 *
 * <p><b>What is thrown away</b>, and counted: each block that the index does not know exactly as
 * the database shows it (a removal was missed, or a put was lost), and all of them where the
 * database cannot be opened or read, has a gap in its logs, forgot what was synced, or gave back
 * damaged blocks; and where the disk below has no room left at all. File records stay: a record may
 * be older than the file, and is compared with it before it is believed, as after a power cut.
 *
 * <p>One thread calls {@link #step}. It holds no lock while it waits for the device; only lookups,
 * which miss, and removals meet it meanwhile.
 */
final class SsdHealing {
  private static final Logger LOG = LoggerFactory.getLogger(SsdHealing.class);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  static final long FIRST_PAUSE_NANOS = 5 * NANOS_PER_SECOND;
  static final long LONGEST_PAUSE_NANOS = 600 * NANOS_PER_SECOND;

  /** Attempts on a device that works, after which a database that cannot be read is given up. */
  private static final int PROOFS_MAX = 3;

  private final DatabaseFolder folder;
  private final RocksStore store;
  private final BlockStore blocks;
  private final IndexedBlocks indexed;
  private final RocksFileRecords records;
  private final FileNumbers numbers;
  private final SsdSpec spec;
  private final DiskRoom room;
  private final Clock clock;
  private final Meters.Counter attempts;
  private final Meters.Counter takenBack;
  private final Meters.Counter unproven;
  private final Meters meters;

  // Of the one thread.
  private boolean isWaiting;
  private boolean isToBeginAnew;
  private int proofs;
  private long pauseNanos = FIRST_PAUSE_NANOS;
  private long sinceNanos;
  private long takenBackNanos;

  SsdHealing(
      DatabaseFolder folder,
      RocksStore store,
      BlockStore blocks,
      IndexedBlocks indexed,
      RocksFileRecords records,
      FileNumbers numbers,
      SsdSpec spec,
      DiskRoom room,
      Clock clock,
      Meters meters) {
    this.folder = folder;
    this.store = store;
    this.blocks = blocks;
    this.indexed = indexed;
    this.records = records;
    this.numbers = numbers;
    this.spec = spec;
    this.room = room;
    this.clock = clock;
    takenBackNanos = clock.nanoTime() - LONGEST_PAUSE_NANOS;
    attempts = meters.counter("ssd.healAttempts");
    takenBack = meters.counter("ssd.takenBack");
    unproven = meters.counter("ssd.unprovenBlocks");
    this.meters = meters;
  }

  /**
   * Looks whether there is a device to take back and tries it, if it is time: five seconds after
   * the failure, and after each failed attempt twice as long as before it, ten minutes at most. A
   * device that fails again within such a pause goes on where it was; one that gave back damaged
   * blocks waits for the longest at once.
   *
   * @return 1 if a device was taken back, else 0
   */
  int step() {
    DeviceHealth health = store.health();
    if (!health.hasFailed()) {
      isWaiting = false;
      return 0;
    }
    long now = clock.nanoTime();
    if (!isWaiting) {
      beginWaiting(health, now);
    }
    if (now - sinceNanos < pauseNanos) {
      return 0;
    }
    attempts.increment();
    try {
      if (tryTakeBack()) {
        takenBack.increment();
        takenBackNanos = clock.nanoTime();
        isWaiting = false;
        isToBeginAnew = false;
        proofs = 0;
        return 1;
      }
    } catch (IOException | RocksDBException failure) {
      LOG.info("ssd: {} is not taken back yet: {}", folder.directory(), failure.getMessage());
    }
    sinceNanos = clock.nanoTime();
    pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
    return 0;
  }

  private void beginWaiting(DeviceHealth health, long now) {
    isWaiting = true;
    sinceNanos = now;
    boolean isAgain = now - takenBackNanos < LONGEST_PAUSE_NANOS;
    pauseNanos = isAgain ? Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS) : FIRST_PAUSE_NANOS;
    if (health.failure().isDamage()) {
      isToBeginAnew = true;
      pauseNanos = LONGEST_PAUSE_NANOS;
    }
  }

  private boolean tryTakeBack() throws IOException, RocksDBException {
    if (room.isFull()) {
      giveRoomBack();
    }
    folder.probe();
    if (!store.detach()) {
      return false;
    }
    proofs++;
    isToBeginAnew |= proofs > PROOFS_MAX || !isWorthOpening();
    if (!isOpened()) {
      return false;
    }
    if (!store.enter()) {
      return false;
    }
    try {
      return isProven();
    } finally {
      store.leave();
    }
  }

  /** Only what is deleted gives a full disk room again, for us and for others. */
  private void giveRoomBack() throws IOException {
    if (store.detach()) {
      isToBeginAnew = true;
      folder.wipe();
    }
  }

  private boolean isWorthOpening() throws IOException {
    return !folder.isEmpty()
        && folder.canBeOpened()
        && (indexed.isLoaded() || folder.isTrusted() && !indexed.missedRemoval());
  }

  /** Opens what is there, or an empty database; false if a call is under way just now. */
  private boolean isOpened() throws IOException, RocksDBException {
    if (!isToBeginAnew) {
      try {
        boolean isOpen = store.attach();
        if (isOpen) {
          numbers.resume();
        }
        return isOpen;
      } catch (RocksDBException failure) {
        if (RocksConnection.isOfDevice(failure)) {
          throw failure;
        }
        LOG.info("ssd: {} is begun anew: {}", folder.directory(), failure.getMessage());
        isToBeginAnew = true;
      }
    }
    if (!store.detach()) {
      return false;
    }
    folder.wipe();
    if (!store.attach()) {
      return false;
    }
    numbers.begin();
    unproven.add(indexed.begunAnew());
    return true;
  }

  /** The store has been entered. */
  private boolean isProven() throws IOException, RocksDBException {
    DeviceHealth health = store.health();
    health.beginProof();
    if (indexed.isLoaded()) {
      IndexComparison comparison = new IndexComparison(indexed, store, meters);
      blocks.forEachHeader(comparison);
      unproven.add(comparison.end());
    } else {
      blocks.forEachHeader(new IndexLoading(indexed, spec.capacityBytes(), meters));
      isToBeginAnew = !indexed.setLoaded();
    }
    records.load();
    store.flush();
    if (isToBeginAnew && !indexed.isLoaded()) {
      return false;
    }
    if (!folder.isTrusted()) {
      folder.trust();
    }
    String why = health.failure().why();
    boolean isBack = health.takeBack();
    if (isBack) {
      LOG.info("ssd: {} works again and serves; it was out of use: {}", folder.directory(), why);
    }
    return isBack;
  }
}
