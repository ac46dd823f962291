package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import java.util.Map;
import java.util.TreeMap;

/** Makes policies by the names of the configuration. */
public final class PolicyFactory {
  /** What the best policy of this build is called, whichever it is. */
  public static final String DEFAULT = "default";

  /** Heap bytes that any policy here needs for one slot, at most. */
  public static final int BYTES_PER_SLOT_MAX = 24;

  private static final Map<String, Maker> MAKERS =
      Map.of(
          "lru", (slotCount, _) -> new Lru(slotCount), "s3fifo", S3Fifo::new, DEFAULT, S3Fifo::new);

  private PolicyFactory() {}

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
          "no replacement policy %s; known: %s"
              .formatted(name, String.join(", ", new TreeMap<>(MAKERS).keySet())));
    }
    return maker.make(slotCount, view);
  }

  @FunctionalInterface
  private interface Maker {
    ReplacementPolicy make(int slotCount, ReplacementPolicy.SlotView view);
  }
}
