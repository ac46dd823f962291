package io.emberfs.core;

import java.util.function.DoubleConsumer;
import java.util.function.DoubleSupplier;

/**
 * A number that may be turned while running.
 *
 * @param name dotted, for example {@code prefetch.budgetShare}
 * @param min least value
 * @param max greatest value
 * @param get the present value
 * @param set takes a new one, already within the bounds
 */
public record Tunable(String name, double min, double max, DoubleSupplier get, DoubleConsumer set) {
  /** Sets the value, held to the bounds, and returns what was set. */
  public double turn(double value) {
    double held = Math.clamp(value, min, max);
    set.accept(held);
    return held;
  }
}
