package io.emberfs.persistence.ssd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Meters;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the device below the database works, why it does not, and whether a removal was missed
 * meanwhile. Any thread; a look takes no lock.
 *
 * <p><b>The rule</b>: a removal that did not reach the database takes the mark of its folder away,
 * so that no later process serves the block; where not even that can be done, no record is put any
 * more, so the one that a later process finds is of an older version than the file. This process
 * goes by its index, which removals leave whatever the device says; the database is compared with
 * it before it serves again ({@link SsdHealing}).
 */
final class DeviceHealth {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceHealth.class);

  private final DatabaseFolder folder;
  private final Meters.Counter failures;
  private volatile Failure failure = Failure.NONE;

  @GuardedBy("this")
  private boolean isOutdated;

  private volatile int revision;

  DeviceHealth(DatabaseFolder folder, Meters meters) {
    this.folder = folder;
    failures = meters.counter("ssd.failures");
    meters.text("tiers.ssd.trouble", () -> failure.why());
  }

  /**
   * Why a device is out of use.
   *
   * @param why a phrase for people; empty where it works
   * @param isDamage whether it takes and gives bytes, and gives back other ones than it got
   */
  record Failure(String why, boolean isDamage) {
    static final Failure NONE = new Failure("", false);
  }

  /** Whether nothing is served, taken or recorded until the device was taken back. */
  boolean hasFailed() {
    return failure != Failure.NONE;
  }

  /** Why; {@link Failure#NONE} if it works. */
  Failure failure() {
    return failure;
  }

  /** Changes each time that a device which had failed is taken back. */
  int revision() {
    return revision;
  }

  /** Notes that an operation failed. */
  void fail(String operation, Exception cause) {
    stop(new Failure(operation + " failed: " + cause.getMessage(), false));
  }

  /** Notes that the device works and gives back other bytes than it got. */
  void failOfDamage(int blockCount) {
    stop(new Failure(blockCount + " blocks came back damaged within a minute", true));
  }

  /**
   * A removal did not reach the database: nothing in it may be served again by a later process, nor
   * by this one before it was compared with the index.
   */
  void failRemoval(Exception cause) {
    synchronized (this) {
      fail("a removal", cause);
      if (isOutdated) {
        return;
      }
      isOutdated = true;
    }
    try {
      folder.distrust();
    } catch (IOException second) {
      LOG.warn(
          "ssd: the database in {} cannot be marked as outdated: {}; what a later mount finds there"
              + " is of older versions of the files, and is not served",
          folder.directory(),
          second.getMessage());
    }
  }

  /** From here on the database is compared with the index: earlier removals will be in it. */
  synchronized void beginProof() {
    isOutdated = false;
  }

  /**
   * Serves again: what is in the database was proven since {@link #beginProof}, and is on the
   * device.
   *
   * @return false if a removal failed in between
   */
  synchronized boolean takeBack() {
    if (isOutdated) {
      return false;
    }
    revision++;
    failure = Failure.NONE;
    return true;
  }

  private synchronized void stop(Failure cause) {
    failures.increment();
    if (hasFailed()) {
      return;
    }
    failure = cause;
    LOG.warn(
        "ssd: {}, the tier stops serving and storing until the device works again; nothing is lost,"
            + " its blocks are read from the backing. Look at the device below {} (the kernel's"
            + " log, df, smartctl -a), or mount with another --state-dir",
        cause.why(),
        folder.directory());
  }
}
