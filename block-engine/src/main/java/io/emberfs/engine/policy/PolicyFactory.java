package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;

/** Makes policies by the names of the configuration. */
public final class PolicyFactory {
  /** What the best policy of this build is called, whichever it is. */
  public static final String DEFAULT = "default";

  /** Policies get memory for so many slots at a time, when the first of these is used. */
  public static final int SLOTS_AT_A_TIME = SlotLists.CHUNK_SIZE;

  private static final IntToLongFunction NOTHING = _ -> 0;

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          kind("2q", SlotLists.BYTES_PER_SLOT, GhostTable::bytesFor, TwoQ::new),
          kind("arc", SlotLists.BYTES_PER_SLOT, Arc::bytesFor, Arc::new),
          kind("clock", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Clock(slotCount)),
          kind("fifo", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Fifo(slotCount)),
          kind("lfu", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Lfu(slotCount)),
          kind("lirs", Lirs.BYTES_PER_SLOT, Lirs::bytesFor, Lirs::new),
          kind("lru", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Lru(slotCount)),
          kind("s3fifo", SlotLists.BYTES_PER_SLOT, GhostTable::bytesFor, S3Fifo::new),
          kind("sieve", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Sieve(slotCount)),
          kind("slru", SlotLists.BYTES_PER_SLOT, NOTHING, (slotCount, _) -> new Slru(slotCount)),
          kind("wtinylfu", SlotLists.BYTES_PER_SLOT, FrequencySketch::bytesFor, WTinyLfu::new),
          kind(DEFAULT, Master.BYTES_PER_SLOT, Master::bytesFor, Master::new));

  private PolicyFactory() {}

  /** The names that {@link #create} knows, in order. */
  public static List<String> names() {
    return KINDS.keySet().stream().sorted().toList();
  }

  /**
   * Heap bytes that a policy needs for each slot that was used, to which the rest of {@link
   * #SLOTS_AT_A_TIME} comes.
   *
   * @throws IllegalArgumentException naming the known policies
   */
  public static int bytesPerSlot(String name) {
    return kind(name).bytesPerSlot();
  }

  /**
   * Heap bytes that a policy for so many slots, or fewer, needs from the start, at most.
   *
   * @throws IllegalArgumentException naming the known policies
   */
  public static long bytesBesides(String name, int slotCount) {
    return kind(name).bytesBesides().applyAsLong(slotCount);
  }

  /**
   * Makes a policy.
   *
   * @param slotCount slots are numbered from 0 to one less
   * @throws IllegalArgumentException naming the known policies
   */
  public static ReplacementPolicy create(
      String name, int slotCount, ReplacementPolicy.SlotView view) {
    return kind(name).make(slotCount, view);
  }

  /**
   * Policies of this name, for an owner who knows no names.
   *
   * @throws IllegalArgumentException naming the known policies
   */
  public static ReplacementPolicy.Factory of(String name) {
    return kind(name);
  }

  private static Kind kind(String name) {
    Kind kind = KINDS.get(name);
    if (kind == null) {
      throw new IllegalArgumentException(
          "no replacement policy %s; known: %s".formatted(name, String.join(", ", names())));
    }
    return kind;
  }

  private static Map.Entry<String, Kind> kind(
      String name, int bytesPerSlot, IntToLongFunction bytesBesides, Maker maker) {
    return Map.entry(name, new Kind(bytesPerSlot, bytesBesides, maker));
  }

  private record Kind(int bytesPerSlot, IntToLongFunction bytesBesides, Maker maker)
      implements ReplacementPolicy.Factory {
    @Override
    public ReplacementPolicy make(int slotCount, ReplacementPolicy.SlotView view) {
      return maker.make(slotCount, view);
    }

    @Override
    public long bytesMax(int slotCount) {
      return (long) slotCount * bytesPerSlot + bytesBesides.applyAsLong(slotCount);
    }
  }

  @FunctionalInterface
  private interface Maker {
    ReplacementPolicy make(int slotCount, ReplacementPolicy.SlotView view);
  }
}
