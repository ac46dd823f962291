package io.emberfs.engine.policy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Tier;

/**
 * Fills a tier that has room with whatever comes; once it is full, a block enters when it is asked
 * for the second time. What is read once, and be it more than the tier holds, costs the tier
 * nothing then: no block and no write.
 *
 * <p>What was declined is remembered as ghosts, as many as the tier has blocks.
 */
public final class SecondTouch implements AdmissionPolicy {
  /** A tier is full when this part of it is left, for it evicts before the last byte is used. */
  private static final int ROOM_DIVISOR = 64;

  private static final int ROOM_BLOCKS = 4;

  /** Blocks are encoded to about half of their size. */
  private static final int ENCODING_RATIO = 2;

  private static final int KEYS_MAX = 1 << 22;

  private final BlockGeometry geometry;
  private final int keysMax;

  @GuardedBy("this")
  private final GhostTable declined;

  /**
   * @param capacityBytes of the tier that is to be filled
   */
  public SecondTouch(BlockGeometry geometry, long capacityBytes) {
    this.geometry = geometry;
    keysMax = (int) Math.clamp(capacityBytes * ENCODING_RATIO / geometry.blockSize(), 1, KEYS_MAX);
    declined = new GhostTable(keysMax);
  }

  @Override
  public boolean admit(BlockMeta candidate, Tier tier) {
    if (hasRoom(tier)) {
      return true;
    }
    long keyHash = BlockKey.hash(candidate.fileId(), candidate.blockIndex());
    synchronized (this) {
      if (declined.take(keyHash, keysMax)) {
        return true;
      }
      declined.add(keyHash);
      return false;
    }
  }

  private boolean hasRoom(Tier tier) {
    long capacity = tier.capacityBytes();
    long room = Math.max(capacity / ROOM_DIVISOR, (long) ROOM_BLOCKS * geometry.blockSize());
    return tier.usedBytes() < capacity - room;
  }
}
