package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;

/**
 * One walk through the blocks of a database and the index beside them, both in the order of their
 * keys: each block is verified against its key and its checksum, and the two families against each
 * other. One thread.
 *
 * <p>RocksDB's iterator stands still at a value that it cannot read and does not say its key. The
 * index says the next key that there should be; that one is read by itself, and what may lie before
 * it is of no use to anybody, because the index does not know it.
 */
final class BlockWalk {
  /** What is wrong with a block. */
  private enum Fault {
    UNREADABLE("that the database does not give whole"),
    DAMAGED("that do not match their key or checksum"),
    MISSING("that are in the index and not there"),
    ORPHANED("that are there and not in the index"),
    DIFFERENT("that are described otherwise by the index"),
    INDEX_DAMAGED("that have a damaged entry in the index");

    private final String text;

    Fault(String text) {
      this.text = text;
    }
  }

  /**
   * What a walk found.
   *
   * @param goodCount blocks that would be served
   * @param goodBytes their stored bytes
   * @param bad the keys of the others, in both families
   * @param problems a line for each kind
   */
  record Result(long goodCount, long goodBytes, KeyRanges bad, List<String> problems) {
    static final Result NONE = new Result(0, 0, new KeyRanges(), List.of());
  }

  private final RocksConnection opened;
  private final BlockGeometry geometry;
  private final RocksIterator index;
  private final RocksIterator blocks;
  private final KeyRanges bad = new KeyRanges();
  private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
  private long goodCount;
  private long goodBytes;

  /** The first key that nothing is known of yet. */
  private byte[] next = {};

  private BlockWalk(
      RocksConnection opened, BlockGeometry geometry, RocksIterator index, RocksIterator blocks) {
    this.opened = opened;
    this.geometry = geometry;
    this.index = index;
    this.blocks = blocks;
  }

  /**
   * Walks through all of it.
   *
   * @throws RocksDBException if the index cannot be read, or the device failed
   */
  static Result of(RocksConnection opened, BlockGeometry geometry) throws RocksDBException {
    try (RocksIterator index =
            opened.database().newIterator(opened.handle(Family.INDEX), opened.settings().sweep);
        RocksIterator blocks =
            opened.database().newIterator(opened.handle(Family.BLOCKS), opened.settings().sweep)) {
      BlockWalk walk = new BlockWalk(opened, geometry, index, blocks);
      walk.run();
      List<String> problems =
          walk.faults.entrySet().stream()
              .map(fault -> "blocks %s: %d".formatted(fault.getKey().text, fault.getValue()))
              .toList();
      return new Result(walk.goodCount, walk.goodBytes, walk.bad, problems);
    }
  }

  private void run() throws RocksDBException {
    index.seekToFirst();
    blocks.seekToFirst();
    while (true) {
      byte[] indexed = key(index);
      if (!blocks.isValid() && isStuck()) {
        skipUnreadable(indexed);
        if (indexed == null) {
          return;
        }
      } else if (!step(indexed)) {
        return;
      }
    }
  }

  /** One step where the iterator of the blocks shows a block or the end; false at both ends. */
  private boolean step(byte @Nullable [] indexed) throws RocksDBException {
    byte[] stored = blocks.isValid() ? blocks.key() : null;
    if (stored != null && (indexed == null || Arrays.compareUnsigned(stored, indexed) < 0)) {
      fault(Fault.ORPHANED, stored);
      blocks.next();
    } else if (indexed == null) {
      return false;
    } else if (Arrays.equals(stored, indexed)) {
      compare(indexed, index.value(), blocks.value());
      index.next();
      blocks.next();
    } else {
      fault(Fault.MISSING, indexed);
      index.next();
    }
    return true;
  }

  /** The key shown, or null at the end. */
  private static byte @Nullable [] key(RocksIterator of) throws RocksDBException {
    if (of.isValid()) {
      return of.key();
    }
    of.status();
    return null;
  }

  /** Whether the iterator of the blocks stands before something that it cannot read. */
  private boolean isStuck() throws RocksDBException {
    try {
      blocks.status();
      return false;
    } catch (RocksDBException failure) {
      requireDamage(failure);
      return true;
    }
  }

  /** Goes on behind the next key of the index, or ends where there is none. */
  private void skipUnreadable(byte @Nullable [] indexed) throws RocksDBException {
    if (indexed == null) {
      byte[] end = new byte[BlockHeader.KEY_BYTES + 1];
      Arrays.fill(end, (byte) 0xFF);
      count(Fault.ORPHANED);
      bad.add(next, end);
      return;
    }
    byte[] value;
    try {
      value = opened.database().get(opened.handle(Family.BLOCKS), opened.settings().sweep, indexed);
    } catch (RocksDBException failure) {
      requireDamage(failure);
      fault(Fault.UNREADABLE, indexed);
      advance(indexed);
      return;
    }
    // The next key of the index is not what cannot be read, so something before it is.
    count(Fault.ORPHANED);
    bad.add(next, indexed);
    next = indexed;
    if (value == null) {
      fault(Fault.MISSING, indexed);
    } else {
      compare(indexed, index.value(), value);
    }
    advance(indexed);
  }

  private void advance(byte[] indexed) {
    index.next();
    blocks.seek(KeyRanges.behind(indexed));
  }

  private void compare(byte[] key, byte[] header, byte[] value) {
    BlockMeta described = BlockHeader.read(ByteBuffer.wrap(header), geometry);
    BlockMeta stored = BlockHeader.read(ByteBuffer.wrap(value), geometry);
    if (described == null || !isOf(described, key) || header.length != BlockHeader.BYTES) {
      fault(Fault.INDEX_DAMAGED, key);
    } else if (stored == null || !isOf(stored, key) || !isWhole(stored, value)) {
      fault(Fault.DAMAGED, key);
    } else if (!stored.equals(described)) {
      fault(Fault.DIFFERENT, key);
    } else {
      goodCount++;
      goodBytes += stored.storedSize();
      next = KeyRanges.behind(key);
    }
  }

  private static boolean isOf(BlockMeta meta, byte[] key) {
    return Arrays.equals(key, BlockHeader.key(meta.fileId(), meta.blockIndex()));
  }

  private static boolean isWhole(BlockMeta meta, byte[] value) {
    if (value.length != BlockHeader.BYTES + meta.storedSize()) {
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(value, BlockHeader.BYTES, meta.storedSize());
    return (int) crc.getValue() == meta.checksum();
  }

  /** All keys from the last one judged to this one are of no use, and mostly not there. */
  private void fault(Fault fault, byte[] key) {
    count(fault);
    bad.add(next, KeyRanges.behind(key));
    next = KeyRanges.behind(key);
  }

  private void count(Fault fault) {
    faults.merge(fault, 1L, Long::sum);
  }

  /** A file that is gone is damage as well; anything else of the device is not for us to judge. */
  private static void requireDamage(RocksDBException failure) throws RocksDBException {
    Status status = failure.getStatus();
    boolean isDamage =
        status != null
            && (status.getCode() == Status.Code.Corruption
                || status.getCode() == Status.Code.NotFound
                || status.getCode() == Status.Code.IOError && !RocksConnection.isOfDevice(failure));
    if (!isDamage) {
      throw failure;
    }
  }
}
