package io.emberfs.testkit;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Runs a random test so that its failure can be run again: the failure's message is the line to
 * paste, and the system property {@code emberfs.seed} takes the seed back in.
 */
public final class Seeds {
  private static final String PROPERTY = "emberfs.seed";

  private Seeds() {}

  /**
   * Runs a test body once, with randomness drawn from the seed in the property, else from a fresh
   * one.
   *
   * @throws AssertionError naming the seed, caused by whatever the body threw
   */
  public static void check(SeededTest test) {
    String given = System.getProperty(PROPERTY);
    check(given == null ? System.nanoTime() : Long.decode(given), test);
  }

  /**
   * Runs a test body once with this seed: how a failure that was found becomes a test with a name.
   */
  public static void check(long seed, SeededTest test) {
    try {
      test.run(random(seed));
    } catch (Exception | AssertionError failure) {
      throw new AssertionError(
          "replay: -D" + PROPERTY + "=" + format(seed) + " (" + failure.getMessage() + ")",
          failure);
    }
  }

  /** Randomness that depends on the seed alone; one thread. */
  public static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  // Long.decode reads back a sign before the prefix, and no sixteenth digit above 7 without one.
  private static String format(long seed) {
    return (seed < 0 ? "-0x" : "0x") + Long.toHexString(Math.abs(seed));
  }

  /** The body of a random test. */
  @FunctionalInterface
  public interface SeededTest {
    void run(RandomGenerator random) throws Exception;
  }
}
