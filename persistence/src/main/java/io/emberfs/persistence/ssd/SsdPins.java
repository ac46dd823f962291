package io.emberfs.persistence.ssd;

import io.emberfs.core.TierPins;

/** What the SSD tier is asked to keep, bounded in bytes of its budget. Any thread. */
final class SsdPins implements TierPins {
  private static final int PERCENT = 100;

  private final SsdIndex index;
  private final int blockSize;
  // Guarded by the index's monitor.
  private long capacityBytes;
  private int percentMax = PERCENT_DEFAULT;

  SsdPins(SsdIndex index, SsdSpec spec) {
    this.index = index;
    blockSize = spec.geometry().blockSize();
    setCapacity(spec.capacityBytes());
  }

  /** The budget is another one. */
  void setCapacity(long bytes) {
    synchronized (index) {
      capacityBytes = bytes;
      index.setHeldBytesMax(share(percentMax));
    }
  }

  @Override
  public void add(long fileId) {
    index.pinned().add(fileId);
  }

  @Override
  public void remove(long fileId) {
    index.pinned().remove(fileId);
    synchronized (index) {
      index.release(fileId);
    }
  }

  @Override
  public boolean contains(long fileId) {
    return index.pinned().contains(fileId);
  }

  @Override
  public void setPercentMax(int percent) {
    synchronized (index) {
      percentMax = percent;
      index.setHeldBytesMax(share(percent));
    }
  }

  @Override
  public long bytesMax(int percent) {
    synchronized (index) {
      return share(percent) / IndexedBlocks.cost(blockSize) * blockSize;
    }
  }

  @Override
  public long heldBytes() {
    synchronized (index) {
      return index.heldBytes();
    }
  }

  @Override
  public long cachedBytes(long fileId) {
    synchronized (index) {
      return index.rawBytesOf(fileId);
    }
  }

  private long share(int percent) {
    return capacityBytes / PERCENT * percent;
  }
}
