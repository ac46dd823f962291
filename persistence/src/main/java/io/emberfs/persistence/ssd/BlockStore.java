package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import io.emberfs.persistence.ssd.RocksStore.Reading;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * Blocks as values of the database: each one in the family of blocks, and its header alone, by the
 * same key and in the same batch, in the family of the index. Any thread; whoever calls has entered
 * the store.
 */
final class BlockStore {
  /** From this number on, the blocks of a file are removed as a range. */
  private static final int RANGE_MIN = 64;

  private final RocksStore store;
  private final BlockGeometry geometry;

  BlockStore(RocksStore store, BlockGeometry geometry) {
    this.store = store;
    this.geometry = geometry;
  }

  /** What a read found. */
  enum Found {
    /** The block of exactly this meta; its bytes match its checksum. */
    RIGHT,
    /** Nothing, another block, or damage. */
    OTHER,
    /** RocksDB has no memory for the read just now. */
    BUSY
  }

  /**
   * Reads a block into a buffer and verifies it.
   *
   * @throws RocksDBException if the device failed
   */
  Found read(BlockMeta expected, BufferPool.Buffer buffer, Reading reading)
      throws RocksDBException {
    int valueBytes = BlockHeader.BYTES + expected.storedSize();
    try {
      ByteBuffer key = buffer.key(expected.fileId(), expected.blockIndex());
      int found = store.get(Family.BLOCKS, reading, key, buffer.emptyValue());
      boolean right =
          found == valueBytes
              && expected.equals(BlockHeader.read(buffer.value(valueBytes), geometry))
              && checksum(buffer.storedBytes(expected.storedSize())) == expected.checksum();
      return right ? Found.RIGHT : Found.OTHER;
    } catch (RocksDBException failure) {
      return switch (code(failure)) {
        case Corruption, NotFound -> Found.OTHER;
        case Incomplete, Aborted, Busy, TryAgain -> Found.BUSY;
        default -> throw failure;
      };
    }
  }

  /**
   * Stores a block, replacing the one of its key.
   *
   * @return false if RocksDB would have had to wait; nothing was written then
   * @throws RocksDBException if the device failed
   */
  boolean put(BlockMeta meta, MemorySegment stored, BufferPool.Buffer buffer)
      throws RocksDBException {
    BlockHeader.write(meta, buffer.emptyValue());
    buffer.stored(meta.storedSize()).copyFrom(stored);
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(
          store.handle(Family.BLOCKS),
          buffer.key(meta.fileId(), meta.blockIndex()),
          buffer.value(BlockHeader.BYTES + meta.storedSize()));
      batch.put(
          store.handle(Family.INDEX),
          buffer.key(meta.fileId(), meta.blockIndex()),
          buffer.value(BlockHeader.BYTES));
      store.write(batch, Durability.UNLOGGED);
      return true;
    } catch (RocksDBException failure) {
      if (code(failure) == Status.Code.Incomplete) {
        return false;
      }
      throw failure;
    }
  }

  /** Removes one block, so that it is gone after the death of the process too. */
  void remove(long fileId, long blockIndex) throws RocksDBException {
    removeAll(fileId, new long[] {blockIndex});
  }

  /** Removes all blocks that a file has from an index on, in one batch; many become a range. */
  void removeFrom(long fileId, long firstBlockIndex, long[] blockIndexes) throws RocksDBException {
    if (blockIndexes.length < RANGE_MIN) {
      removeAll(fileId, blockIndexes);
      return;
    }
    removeRange(fileId, firstBlockIndex);
  }

  /** Removes whatever the database has of a file from an index on. */
  void removeRange(long fileId, long firstBlockIndex) throws RocksDBException {
    // Past the highest index there is: indexes are not negative, keys compare as unsigned.
    removeRange(BlockHeader.key(fileId, firstBlockIndex), BlockHeader.key(fileId, Long.MIN_VALUE));
  }

  /** Removes everything. */
  void removeEverything() throws RocksDBException {
    byte[] end = new byte[BlockHeader.KEY_BYTES + 1];
    Arrays.fill(end, (byte) 0xFF);
    removeRange(new byte[0], end);
  }

  /**
   * Visits the headers of all blocks in the order of their keys; null stands for a damaged one,
   * whose block was removed.
   *
   * @throws RocksDBException if the index cannot be read
   */
  void forEachHeader(HeaderSink sink) throws RocksDBException {
    try (RocksIterator iterator = store.iterate(Family.INDEX)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        byte[] key = iterator.key();
        BlockMeta meta = BlockHeader.read(ByteBuffer.wrap(iterator.value()), geometry);
        if (meta != null && Arrays.equals(key, BlockHeader.key(meta.fileId(), meta.blockIndex()))) {
          sink.accept(meta);
        } else {
          removeKey(key);
          sink.damaged();
        }
      }
      iterator.status();
    }
  }

  /** Receives headers. */
  interface HeaderSink {
    void accept(BlockMeta meta) throws RocksDBException;

    void damaged();
  }

  private void removeAll(long fileId, long[] blockIndexes) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      for (long blockIndex : blockIndexes) {
        byte[] key = BlockHeader.key(fileId, blockIndex);
        batch.delete(store.handle(Family.BLOCKS), key);
        batch.delete(store.handle(Family.INDEX), key);
      }
      store.write(batch, Durability.LOGGED);
    }
  }

  private void removeKey(byte[] key) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.delete(store.handle(Family.BLOCKS), key);
      batch.delete(store.handle(Family.INDEX), key);
      store.write(batch, Durability.LOGGED);
    }
  }

  private void removeRange(byte[] first, byte[] end) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.deleteRange(store.handle(Family.BLOCKS), first, end);
      batch.deleteRange(store.handle(Family.INDEX), first, end);
      store.write(batch, Durability.LOGGED);
    }
  }

  private static Status.Code code(RocksDBException failure) {
    Status status = failure.getStatus();
    return status == null ? Status.Code.Undefined : status.getCode();
  }

  private static int checksum(ByteBuffer stored) {
    CRC32C crc = new CRC32C();
    crc.update(stored);
    return (int) crc.getValue();
  }
}
