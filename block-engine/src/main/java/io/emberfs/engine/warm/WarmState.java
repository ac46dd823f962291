package io.emberfs.engine.warm;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Which blocks were in RAM, most valuable first, so that the next mount can bring them back from
 * the tier below.
 *
 * <p>Only keys are kept: a block comes back only if that tier has it under the same generation, and
 * it is served only after its file's version was checked. A list that is wrong therefore costs
 * warmth and nothing else.
 */
final class WarmState {
  private static final String PIECE = "ram-keys";
  private static final int FORMAT = 2;

  /** Odd, from the golden ratio: each step loses nothing. */
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final int blockCountMax;

  /**
   * @param blockCountMax keys to save or to believe, at most
   */
  WarmState(int blockCountMax) {
    this.blockCountMax = blockCountMax;
  }

  int blockCountMax() {
    return blockCountMax;
  }

  /**
   * Saves keys one by one as they are visited, at most as many as the bound.
   *
   * @param visit shows each key to the visitor that it is given
   * @return the fingerprint of what was saved
   * @throws IOException if they cannot be stored; what was saved before is still there
   */
  long save(Consumer<Consumer<Entry>> visit, StateStore store) throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    store.save(
        PIECE,
        out -> {
          out.writeInt(FORMAT);
          try {
            visit.accept(entry -> {
              write(entry, out);
              fingerprint.add(entry);
            });
          } catch (UncheckedIOException failed) {
            throw failed.getCause();
          }
          out.writeBoolean(false);
        });
    return fingerprint.value();
  }

  /** The saved keys, most valuable first; empty if there are none that can be believed. */
  List<Entry> load(StateStore store) {
    Optional<DataInputStream> piece = store.load(PIECE);
    if (piece.isEmpty()) {
      return List.of();
    }
    try (DataInputStream in = piece.get()) {
      if (in.readInt() != FORMAT) {
        return List.of();
      }
      List<Entry> entries = new ArrayList<>();
      while (in.readBoolean()) {
        if (entries.size() == blockCountMax) {
          return List.of();
        }
        entries.add(new Entry(in.readLong(), in.readLong(), in.readLong(), in.readLong()));
      }
      return entries;
    } catch (IOException _) {
      // Shorter than it says: as good as none.
      return List.of();
    }
  }

  private static void write(Entry entry, DataOutput out) {
    try {
      out.writeBoolean(true);
      out.writeLong(entry.fileId);
      out.writeLong(entry.blockIndex);
      out.writeLong(entry.fileGeneration);
      out.writeLong(entry.granules);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A number that other keys, or the same ones in another order, do not have. */
  static final class Fingerprint {
    private long hash;

    void add(Entry entry) {
      long key = BlockKey.hash(entry.fileId, entry.blockIndex);
      hash = ((hash * MULTIPLIER ^ key ^ entry.fileGeneration) * MULTIPLIER ^ entry.granules) + 1;
    }

    long value() {
      return hash;
    }
  }

  /**
   * One block that was in RAM.
   *
   * @param granules what was valid of it
   */
  record Entry(long fileId, long blockIndex, long fileGeneration, long granules) {
    static Entry of(BlockMeta meta) {
      return new Entry(
          meta.fileId(), meta.blockIndex(), meta.fileGeneration(), meta.validGranules());
    }
  }
}
