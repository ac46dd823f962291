package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockMeta;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of {@link SsdIndex}: a record for each entry, outside the heap, in chunks that are
 * added as the tier fills. Owns the chunks until {@link #close}. Not safe for threads.
 */
final class IndexRecords implements AutoCloseable {
  static final int ENTRY_BYTES = 80;

  // Where each field of a record stands.
  static final int FILE_ID = 0;
  static final int BLOCK_INDEX = 8;
  static final int GENERATION = 16;
  static final int GRANULES = 24;
  static final int SEQUENCE = 32;
  static final int CODEC = 40;
  static final int RAW_SIZE = 44;
  static final int STORED_SIZE = 48;
  static final int CHECKSUM = 52;
  static final int NEXT_OF_KEY = 56;
  static final int NEXT_OF_FILE = 60;
  static final int OLDER = 64;
  static final int NEWER = 68;
  static final int STATE = 72;
  static final int PREVIOUS_OF_FILE = 76;

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK_ENTRIES = 1 << CHUNK_BITS;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> chunks = new ArrayList<>();

  /** Gives an entry its memory; before: those below it have theirs. */
  void makeRoom(int entry) {
    if (entry >> CHUNK_BITS == chunks.size()) {
      chunks.add(arena.allocate((long) CHUNK_ENTRIES * ENTRY_BYTES, Long.BYTES));
    }
  }

  BlockMeta meta(int entry) {
    return new BlockMeta(
        getLong(entry, FILE_ID),
        getLong(entry, BLOCK_INDEX),
        getLong(entry, GENERATION),
        getInt(entry, CODEC),
        getInt(entry, RAW_SIZE),
        getInt(entry, STORED_SIZE),
        getInt(entry, CHECKSUM),
        getLong(entry, GRANULES),
        getLong(entry, SEQUENCE));
  }

  /** All of a meta but its key. */
  void setContent(int entry, BlockMeta meta) {
    set(entry, GENERATION, meta.fileGeneration());
    set(entry, GRANULES, meta.validGranules());
    set(entry, SEQUENCE, meta.writeSequence());
    set(entry, CODEC, meta.codecId());
    set(entry, RAW_SIZE, meta.rawSize());
    set(entry, STORED_SIZE, meta.storedSize());
    set(entry, CHECKSUM, meta.checksum());
  }

  long getLong(int entry, int field) {
    return chunk(entry).get(ValueLayout.JAVA_LONG, position(entry) + field);
  }

  int getInt(int entry, int field) {
    return chunk(entry).get(ValueLayout.JAVA_INT, position(entry) + field);
  }

  void set(int entry, int field, long value) {
    chunk(entry).set(ValueLayout.JAVA_LONG, position(entry) + field, value);
  }

  void set(int entry, int field, int value) {
    chunk(entry).set(ValueLayout.JAVA_INT, position(entry) + field, value);
  }

  @Override
  public void close() {
    arena.close();
  }

  private MemorySegment chunk(int entry) {
    return chunks.get(entry >> CHUNK_BITS);
  }

  private static long position(int entry) {
    return (long) (entry & (CHUNK_ENTRIES - 1)) * ENTRY_BYTES;
  }
}
