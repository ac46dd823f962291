package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyError;

/**
 * Snappy blocks without a frame (Snappy format description, Google), id 4. The native library is
 * loaded by the first call. Any thread.
 *
 * <p>The library believes its caller about the target: it compresses into as much as it needs and
 * expands as much as the block itself declares. So it compresses into a room of its own unless the
 * target is large enough for whatever comes, and expands only what declares the target's size; it
 * verifies the rest against that.
 */
public final class SnappyCodec implements Codec {
  /** The id of this codec, {@value}. */
  public static final int ID = 4;

  private static final String NAME = "snappy";

  /** The library's bound on what it writes. */
  private static final int OVERHEAD_SHARE = 6;

  private static final int OVERHEAD_BYTES = 32;

  private final ContextPool<Room> rooms = new ContextPool<>(NAME, Room::new, Room::close);

  @Override
  public int id() {
    return ID;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int storedSizeMax(int rawSize) {
    return OVERHEAD_BYTES + rawSize + rawSize / OVERHEAD_SHARE;
  }

  @Override
  public int compress(MemorySegment source, MemorySegment target) {
    Room room = rooms.take();
    if (room == null) {
      return -1;
    }
    try {
      long bound = storedSizeMax((int) source.byteSize());
      if (target.byteSize() >= bound) {
        return Snappy.compress(source.asByteBuffer(), target.asByteBuffer());
      }
      MemorySegment memory = room.atLeast(bound);
      int storedSize = Snappy.compress(source.asByteBuffer(), memory.asByteBuffer());
      if (storedSize > target.byteSize()) {
        return -1;
      }
      MemorySegment.copy(memory, 0, target, 0, storedSize);
      return storedSize;
    } catch (IOException cause) {
      return -1; // nothing that a block could cause; it stays as it is
    } finally {
      rooms.give(room);
    }
  }

  @Override
  public boolean expand(MemorySegment source, MemorySegment target) {
    Room loaded = rooms.take();
    if (loaded == null) {
      return false;
    }
    try {
      ByteBuffer from = source.asByteBuffer();
      return Snappy.uncompressedLength(from) == target.byteSize()
          && Snappy.uncompress(from, target.asByteBuffer()) == target.byteSize();
    } catch (IOException | SnappyError damaged) {
      return false;
    } finally {
      rooms.give(loaded);
    }
  }

  @Override
  public void close() {
    rooms.close();
  }

  /** Memory for one compression; one caller at a time. It grows to the largest block and stays. */
  private static final class Room {
    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    Room() {
      try {
        Snappy.maxCompressedLength(0); // loads the library
      } catch (SnappyError cause) {
        throw (LinkageError) new UnsatisfiedLinkError(cause.getMessage()).initCause(cause);
      }
    }

    MemorySegment atLeast(long size) {
      if (memory.byteSize() < size) {
        memory = MemorySegment.NULL; // also where there is no memory for more
        arena.close();
        arena = Arena.ofShared();
        memory = arena.allocate(size);
      }
      return memory;
    }

    void close() {
      arena.close();
    }
  }
}
