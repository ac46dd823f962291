package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.testkit.FakeWriteFence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A RAM tier with blocks whose bytes follow from their names and shrink well: each granule is one
 * number again and again, so that a foreign or torn piece of any eight bytes shows.
 */
final class TestTier implements AutoCloseable {
  static final long FILE = 7;
  static final long GENERATION = 3;

  final BlockGeometry geometry = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  final long whole = geometry.fullMask();
  final FakeWriteFence fence = new FakeWriteFence();
  final Meters meters = new Meters();
  final List<BlockKey> firstUses = Collections.synchronizedList(new ArrayList<>());
  final List<BlockKey> evictedUnused = Collections.synchronizedList(new ArrayList<>());
  final RamTier tier;
  private final Codec codec;

  TestTier(long capacityBytes, String policy) {
    this(capacityBytes, policy, Codecs.standard());
  }

  TestTier(long capacityBytes, String policy, Codecs codecs) {
    this(capacityBytes, policy, codecs, CodecChoice.of(Lz4Codec.ID));
  }

  /** A tier whose warm blocks, and those that are offered, have the codec chosen. */
  TestTier(long capacityBytes, String policy, Codecs codecs, CodecChoice warm) {
    codec = codecs.get(warm.codecId());
    RamTier.Observer observer =
        new RamTier.Observer() {
          @Override
          public void firstUse(long fileId, long blockIndex) {
            firstUses.add(new BlockKey(fileId, blockIndex));
          }

          @Override
          public void evictedUnused(long fileId, long blockIndex) {
            evictedUnused.add(new BlockKey(fileId, blockIndex));
          }
        };
    RamTierSpec spec = new RamTierSpec(geometry, capacityBytes, policy, warm);
    tier = new RamTier(spec, fence, observer, meters, codecs);
  }

  /** Closes the tier and checks its account; no call may be under way. */
  @Override
  public void close() {
    assertThat(tier.isConsistent()).isTrue();
    assertThat(tier.usedBytes()).isLessThanOrEqualTo(tier.capacityBytes());
    tier.clear();
    assertThat(tier.blockCount()).isZero();
    assertThat(tier.logicalBytes()).isZero();
    assertThat(tier.isConsistent()).isTrue();
    tier.close();
  }

  boolean insert(long blockIndex, long granules, int flags) {
    return insert(blockIndex, GENERATION, granules, flags);
  }

  boolean insert(long blockIndex, long generation, long granules, int flags) {
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment raw = raw(blockIndex, generation, granules, caller);
      return tier.insert(meta(blockIndex, generation, granules, 0, raw), raw, flags);
    }
  }

  /** Offers a block compressed. */
  boolean offerCompressed(long blockIndex, long generation, long granules) {
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment raw = raw(blockIndex, generation, granules, caller);
      MemorySegment target = caller.allocate(codec.storedSizeMax((int) raw.byteSize()));
      MemorySegment stored = target.asSlice(0, codec.compress(raw, target));
      return tier.offer(meta(blockIndex, generation, granules, codec.id(), stored), stored);
    }
  }

  BlockMeta meta(
      long blockIndex, long generation, long granules, int codecId, MemorySegment stored) {
    return new BlockMeta(
        FILE,
        blockIndex,
        generation,
        codecId,
        geometry.rawSize(granules),
        (int) stored.byteSize(),
        BlockChecksum.of(stored),
        granules,
        fence.sequence());
  }

  MemorySegment raw(long blockIndex, long generation, long granules, Arena arena) {
    MemorySegment raw = arena.allocate(geometry.rawSize(granules), Long.BYTES);
    long position = 0;
    for (long rest = granules; rest != 0; rest &= rest - 1) {
      long number = number(blockIndex, generation, Long.numberOfTrailingZeros(rest));
      for (long end = position + geometry.granuleSize(); position < end; position += Long.BYTES) {
        raw.set(ValueLayout.JAVA_LONG, position, number);
      }
    }
    return raw;
  }

  /** What every eight bytes of a granule hold. */
  static long number(long blockIndex, long generation, int granule) {
    return BlockKey.hash(BlockKey.hash(blockIndex, generation), granule);
  }

  /** Reads and, if it is a hit, fails unless every byte is right. */
  boolean readsRight(long blockIndex, int offset, int length) {
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment target = caller.allocate(length, Long.BYTES);
      int read = tier.read(FILE, blockIndex, GENERATION, offset, length, target, 0);
      if (read == RamTier.MISS) {
        return false;
      }
      assertThat(read).isEqualTo(length);
      MemorySegment block = raw(blockIndex, GENERATION, whole, caller);
      assertThat(target.mismatch(block.asSlice(offset, length))).isEqualTo(-1);
      return true;
    }
  }

  boolean readsRight(long blockIndex) {
    return readsRight(blockIndex, 0, geometry.blockSize());
  }

  /** Upkeep until there is nothing to do. */
  void settle() {
    while (tier.maintain() > 0) {
      // the next step
    }
  }

  long count(String meter) {
    return meters.counter(meter).value();
  }
}
