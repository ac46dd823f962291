package io.emberfs.persistence.ssd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of native buffers, each with room for one key and one stored value. Taken and
 * given back by any thread; an empty pool says so and nobody waits. Memory is freed when the pool
 * is closed and the last buffer is back.
 */
final class BufferPool implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final ArrayBlockingQueue<Buffer> free;
  private final int bufferCount;
  private final long memoryBytes;
  private boolean closed;
  private boolean freed;

  /**
   * @param bufferCount buffers, all allocated here
   * @param blockSize stored bytes at most
   */
  BufferPool(int bufferCount, int blockSize) {
    this.bufferCount = bufferCount;
    free = new ArrayBlockingQueue<>(bufferCount);
    long valueBytes = (long) BlockHeader.BYTES + blockSize;
    memoryBytes = bufferCount * (valueBytes + ALIGNMENT);
    for (int i = 0; i < bufferCount; i++) {
      free.add(
          new Buffer(
              arena.allocate(BlockHeader.KEY_BYTES, ALIGNMENT),
              arena.allocate(valueBytes, ALIGNMENT)));
    }
  }

  long memoryBytes() {
    return memoryBytes;
  }

  /** A buffer of the caller's until it gives it back, or null if all are out. */
  @Nullable Buffer take() {
    return free.poll();
  }

  /** Gives a buffer back, exactly once. */
  void giveBack(Buffer buffer) {
    free.add(buffer);
    freeIfLast();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    freeIfLast();
  }

  private synchronized void freeIfLast() {
    if (closed && !freed && free.size() == bufferCount) {
      freed = true;
      arena.close();
    }
  }

  /** One buffer: the same memory as segments and as the byte buffers that RocksDB takes. */
  static final class Buffer {
    private final MemorySegment value;
    private final ByteBuffer keyBytes;
    private final ByteBuffer valueBytes;

    private Buffer(MemorySegment key, MemorySegment value) {
      this.value = value;
      this.keyBytes = key.asByteBuffer();
      this.valueBytes = value.asByteBuffer();
    }

    /** The key buffer, filled with this key and ready to be read. */
    ByteBuffer key(long fileId, long blockIndex) {
      keyBytes.clear();
      BlockHeader.writeKey(fileId, blockIndex, keyBytes);
      return keyBytes;
    }

    /** The value buffer, from its start, limited to {@code bytes}. */
    ByteBuffer value(int bytes) {
      return valueBytes.clear().limit(bytes);
    }

    /** The value buffer, from its start, to be filled. */
    ByteBuffer emptyValue() {
      return valueBytes.clear();
    }

    /** The stored bytes behind the header. */
    MemorySegment stored(int storedSize) {
      return value.asSlice(BlockHeader.BYTES, storedSize);
    }

    /** As {@link #stored}, as a byte buffer of its own. */
    ByteBuffer storedBytes(int storedSize) {
      return valueBytes.slice(BlockHeader.BYTES, storedSize);
    }
  }
}
