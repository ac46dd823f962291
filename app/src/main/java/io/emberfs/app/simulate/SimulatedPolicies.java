package io.emberfs.app.simulate;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.engine.policy.PolicyFactory;

/** The policies of the mount by their names, and the optimum, which a mount cannot have. */
public final class SimulatedPolicies {
  private static final String BELADY = "belady";

  private SimulatedPolicies() {}

  /** Refuses a name that stands for nothing. */
  public static void require(String name) throws Refusal {
    if (!name.equals(BELADY) && !PolicyFactory.names().contains(name)) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot simulate",
          "no policy " + name,
          "give of " + String.join(", ", PolicyFactory.names()) + ", " + BELADY);
    }
  }

  /**
   * Replays all accesses.
   *
   * @param name that {@link #require} let pass
   * @param slotCount blocks that fit
   * @param byPage whether a miss brings the pages that were asked for instead of the block
   */
  public static Replay.Result replay(
      String name, BlockAccesses accesses, int slotCount, boolean byPage) {
    return new Replay(
            accesses,
            slotCount,
            byPage,
            (slots, view) ->
                name.equals(BELADY)
                    ? new Belady(accesses, slots)
                    : PolicyFactory.create(name, slots, view))
        .run();
  }

  /** Heap bytes of a policy for each of so many blocks; 0 for the one that no mount has. */
  public static double bytesPerSlot(String name, int slotCount) {
    return name.equals(BELADY)
        ? 0
        : PolicyFactory.bytesPerSlot(name)
            + (double) PolicyFactory.bytesBesides(name, slotCount) / slotCount;
  }
}
