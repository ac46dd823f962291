package io.emberfs.simulation;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.FileRecord;
import io.emberfs.core.NodeIdentity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The database of the lower tier: blocks, and the records of files, in one order of changes.
 *
 * <p>Like the real one it logs removals and records, and does not log blocks. After a kill all
 * logged changes are there, and of the blocks those that were flushed. After a power cut it is as
 * it was at some earlier moment, or damaged and begun anew.
 */
final class SsdDevice {
  private static final int ROLLED_BACK_MAX = 40;
  private static final double SURVIVING_SHARE = 0.3;
  private static final int DAMAGE_DIVISOR = 10;

  private final RandomGenerator random;
  private final Plant plant;
  private final LinkedHashMap<BlockKey, Block> blocks = new LinkedHashMap<>();
  private final Map<NodeIdentity, FileRecord> records = new HashMap<>();
  private final List<Change> log = new ArrayList<>();
  private final Map<BlockKey, Block> baseBlocks = new LinkedHashMap<>();
  private final Map<NodeIdentity, FileRecord> baseRecords = new HashMap<>();
  private long lastFileId;
  private boolean mistrusted;

  /** A stored block; the bytes are never changed. */
  record Block(BlockMeta meta, byte[] stored) {}

  private sealed interface Change {
    record Put(BlockKey key, Block block) implements Change {}

    record Removed(BlockKey key) implements Change {}

    record RemovedFrom(long fileId, long firstBlockIndex) implements Change {}

    record Recorded(FileRecord record) implements Change {}

    record Forgotten(NodeIdentity identity) implements Change {}

    record Flushed() implements Change {}
  }

  SsdDevice(RandomGenerator random, Plant plant) {
    this.random = random;
    this.plant = plant;
  }

  /** Oldest first; read only. */
  LinkedHashMap<BlockKey, Block> blocks() {
    return blocks;
  }

  @Nullable Block find(long fileId, long blockIndex) {
    return blocks.get(new BlockKey(fileId, blockIndex));
  }

  @Nullable FileRecord record(NodeIdentity identity) {
    return records.get(identity);
  }

  void put(BlockKey key, Block block) {
    blocks.remove(key);
    blocks.put(key, block);
    log.add(new Change.Put(key, block));
  }

  void remove(BlockKey key) {
    if (blocks.remove(key) != null) {
      log.add(new Change.Removed(key));
    }
  }

  /** Turns a bit of some block where it lies, if there is one; what was flushed of it too. */
  void turnBit(RandomGenerator draws) {
    if (blocks.isEmpty()) {
      return;
    }
    List<BlockKey> keys = List.copyOf(blocks.keySet());
    BlockKey key = keys.get(draws.nextInt(keys.size()));
    Block block = blocks.get(key);
    byte[] bytes = block.stored().clone();
    bytes[draws.nextInt(bytes.length)] ^= (byte) (1 << draws.nextInt(Byte.SIZE));
    Block turned = new Block(block.meta(), bytes);
    blocks.replace(key, turned);
    baseBlocks.replace(key, block, turned);
    log.replaceAll(change ->
        change instanceof Change.Put(BlockKey put, Block stored) && stored == block
            ? new Change.Put(put, turned)
            : change);
  }

  void removeFrom(long fileId, long firstBlockIndex) {
    removeFrom(blocks, fileId, firstBlockIndex);
    log.add(new Change.RemovedFrom(fileId, firstBlockIndex));
  }

  void putRecord(FileRecord record) {
    records.put(record.version().identity(), record);
    log.add(new Change.Recorded(record));
  }

  void removeRecord(NodeIdentity identity) {
    records.remove(identity);
    log.add(new Change.Forgotten(identity));
  }

  long newFileId() {
    return ++lastFileId;
  }

  void flush() {
    log.add(new Change.Flushed());
  }

  /** The device failed, and a removal may have failed with it: no later run believes it. */
  void mistrust() {
    mistrusted = true;
  }

  /** An orderly end: everything is there. */
  void endInOrder() {
    flush();
    recover(log.size(), true);
  }

  /** The process died. */
  void kill() {
    recover(log.size(), false);
  }

  /** The power went. */
  void cutPower() {
    if (random.nextInt(DAMAGE_DIVISOR) == 0) {
      mistrust();
    }
    recover(log.size() - random.nextInt(Math.min(log.size(), ROLLED_BACK_MAX) + 1), false);
  }

  private void recover(int end, boolean keepsAll) {
    if (mistrusted) {
      mistrusted = false;
      baseBlocks.clear();
      baseRecords.clear();
    } else {
      replay(end, keepsAll);
    }
    log.clear();
    blocks.clear();
    blocks.putAll(baseBlocks);
    records.clear();
    records.putAll(baseRecords);
  }

  private void replay(int end, boolean keepsAll) {
    int flushed = 0;
    for (int i = 0; i < end; i++) {
      flushed = log.get(i) instanceof Change.Flushed ? i : flushed;
    }
    boolean someSurvive = random.nextBoolean();
    for (int i = 0; i < end; i++) {
      switch (log.get(i)) {
        case Change.Put(BlockKey key, Block block) -> {
          // Without a flush of ours the database may have flushed by itself, all up to a moment;
          // which blocks of a log are in a flushed file is left to chance here.
          boolean survives =
              keepsAll || i < flushed || someSurvive && random.nextDouble() < SURVIVING_SHARE;
          if (survives) {
            baseBlocks.remove(key);
            baseBlocks.put(key, block);
          }
        }
        case Change.Removed(BlockKey key) -> {
          if (plant != Plant.PARTIAL_ROLLBACK || i < flushed) {
            baseBlocks.remove(key);
          }
        }
        case Change.RemovedFrom(long fileId, long first) -> {
          if (plant != Plant.PARTIAL_ROLLBACK || i < flushed) {
            removeFrom(baseBlocks, fileId, first);
          }
        }
        case Change.Recorded(FileRecord record) ->
            baseRecords.put(record.version().identity(), record);
        case Change.Forgotten(NodeIdentity identity) -> baseRecords.remove(identity);
        case Change.Flushed _ -> {}
      }
    }
  }

  private static void removeFrom(Map<BlockKey, Block> from, long fileId, long firstBlockIndex) {
    for (Iterator<BlockKey> keys = from.keySet().iterator(); keys.hasNext(); ) {
      BlockKey key = keys.next();
      if (key.fileId() == fileId && key.blockIndex() >= firstBlockIndex) {
        keys.remove();
      }
    }
  }
}
