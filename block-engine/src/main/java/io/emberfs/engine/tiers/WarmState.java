package io.emberfs.engine.tiers;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which blocks were in RAM, most valuable first, so that the next mount can bring them back from
 * the tier below.
 *
 * <p>Only keys are kept: a block comes back only if that tier has it under the same generation, and
 * it is served only after its file's version was checked. A list that is wrong therefore costs
 * warmth and nothing else.
 */
public final class WarmState {
  private static final String PIECE = "ram-keys";
  private static final int FORMAT = 1;

  private final int blockCountMax;

  /**
   * @param blockCountMax keys to save or to believe, at most
   */
  public WarmState(int blockCountMax) {
    this.blockCountMax = blockCountMax;
  }

  /** Saves the keys of the blocks in RAM; returns how many. */
  public int save(TierChain chain, StateStore store) throws IOException {
    List<Entry> entries = new ArrayList<>();
    chain
        .ram()
        .forEachMeta(meta -> {
          entries.add(Entry.of(meta));
          return entries.size() < blockCountMax;
        });
    store.save(PIECE, out -> write(entries, out));
    return entries.size();
  }

  /** The saved keys, most valuable first; empty if there are none that can be believed. */
  public List<Entry> load(StateStore store) {
    Optional<DataInputStream> piece = store.load(PIECE);
    if (piece.isEmpty()) {
      return List.of();
    }
    try (DataInputStream in = piece.get()) {
      int format = in.readInt();
      int count = in.readInt();
      if (format != FORMAT || count < 0 || count > blockCountMax) {
        return List.of();
      }
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        entries.add(new Entry(in.readLong(), in.readLong(), in.readLong(), in.readLong()));
      }
      return entries;
    } catch (IOException _) {
      // Shorter than it says: as good as none.
      return List.of();
    }
  }

  private static void write(List<Entry> entries, DataOutput out) throws IOException {
    out.writeInt(FORMAT);
    out.writeInt(entries.size());
    for (Entry entry : entries) {
      out.writeLong(entry.fileId);
      out.writeLong(entry.blockIndex);
      out.writeLong(entry.fileGeneration);
      out.writeLong(entry.granules);
    }
  }

  /**
   * One block that was in RAM.
   *
   * @param granules what was valid of it
   */
  public record Entry(long fileId, long blockIndex, long fileGeneration, long granules) {
    static Entry of(BlockMeta meta) {
      return new Entry(
          meta.fileId(), meta.blockIndex(), meta.fileGeneration(), meta.validGranules());
    }
  }
}
