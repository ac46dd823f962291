package io.emberfs.app.simulate;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.engine.policy.PolicyFactory;

/** The policies of the mount by their names, and the optimum, which a mount cannot have. */
public final class SimulatedPolicies {
  private static final String BELADY = "belady";

  private SimulatedPolicies() {}

  /** Refuses a name that stands for nothing, or cannot be had in a scenario. */
  public static void require(String name, Scenario scenario) throws Refusal {
    boolean isPlain =
        scenario.prefetch().kind() == PrefetchChoice.Kind.OFF && scenario.restartShare() == 0;
    if (name.equals(BELADY) && !isPlain) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot simulate",
          BELADY + " knows the accesses of the trace and nothing else",
          "give --prefetch off and no --restart-at, or another policy");
    }
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
   * @param scenario what happens besides
   */
  public static Replay.Result replay(
      String name, BlockAccesses accesses, int slotCount, Scenario scenario) {
    return new Replay(
            accesses,
            slotCount,
            scenario,
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
