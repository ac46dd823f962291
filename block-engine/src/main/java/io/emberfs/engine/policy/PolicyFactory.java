package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import java.util.List;
import java.util.Map;

/** Makes policies by the names of the configuration. */
public final class PolicyFactory {
  /** What the best policy of this build is called, whichever it is. */
  public static final String DEFAULT = "default";

  private static final int BYTES_PER_SLOT_SIMPLE = 24;

  /**
   * What the policies with more than lists and a ghost table need. LIRS: 38 in its stack and queue,
   * 42 for two ghosts a slot, up to 24 to find them.
   */
  private static final Map<String, Integer> BYTES_PER_SLOT =
      Map.of("arc", 25, "wtinylfu", 27, "lirs", 104, DEFAULT, Master.BYTES_PER_SLOT);

  private static final Map<String, Maker> MAKERS =
      Map.ofEntries(
          Map.entry("2q", TwoQ::new),
          Map.entry("arc", Arc::new),
          Map.entry("clock", (slotCount, _) -> new Clock(slotCount)),
          Map.entry("fifo", (slotCount, _) -> new Fifo(slotCount)),
          Map.entry("lfu", (slotCount, _) -> new Lfu(slotCount)),
          Map.entry("lirs", Lirs::new),
          Map.entry("lru", (slotCount, _) -> new Lru(slotCount)),
          Map.entry("s3fifo", S3Fifo::new),
          Map.entry("sieve", (slotCount, _) -> new Sieve(slotCount)),
          Map.entry("slru", (slotCount, _) -> new Slru(slotCount)),
          Map.entry("wtinylfu", WTinyLfu::new),
          Map.entry(DEFAULT, Master::new));

  private PolicyFactory() {}

  /** The names that {@link #create} knows, in order. */
  public static List<String> names() {
    return MAKERS.keySet().stream().sorted().toList();
  }

  /** Heap bytes that a policy needs for each slot, at most. */
  public static int bytesPerSlot(String name) {
    return BYTES_PER_SLOT.getOrDefault(name, BYTES_PER_SLOT_SIMPLE);
  }

  /** Heap bytes that a policy for so many slots, or fewer, needs besides, at most. */
  public static long bytesBesides(String name, int slotCount) {
    return name.equals(DEFAULT) ? Master.shadowBytes(slotCount) : 0;
  }

  /**
   * Makes a policy.
   *
   * @param slotCount slots are numbered from 0 to one less
   * @throws IllegalArgumentException naming the known policies
   */
  public static ReplacementPolicy create(
      String name, int slotCount, ReplacementPolicy.SlotView view) {
    Maker maker = MAKERS.get(name);
    if (maker == null) {
      throw new IllegalArgumentException(
          "no replacement policy %s; known: %s".formatted(name, String.join(", ", names())));
    }
    return maker.make(slotCount, view);
  }

  @FunctionalInterface
  private interface Maker {
    ReplacementPolicy make(int slotCount, ReplacementPolicy.SlotView view);
  }
}
