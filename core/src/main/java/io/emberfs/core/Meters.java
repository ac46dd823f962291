package io.emberfs.core;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Every number that can be seen, by its dotted name ({@code reads.hitBlocks.ram}). Names are looked
 * up once, at construction of whoever counts; the hot path touches the counter alone. {@code stats}
 * prints the names as a tree.
 */
public final class Meters {
  private final Map<String, Object> byName = new ConcurrentSkipListMap<>();

  /** The counter of this name; made on first use. */
  public Counter counter(String name) {
    return (Counter) byName.computeIfAbsent(name, _ -> new Counter());
  }

  /** The histogram of this name; made on first use. */
  public Histogram histogram(String name) {
    return (Histogram) byName.computeIfAbsent(name, _ -> new Histogram());
  }

  /** Shows a number that somebody else keeps. A second registration replaces the first. */
  public void gauge(String name, LongSupplier value) {
    byName.put(name, value);
  }

  /** As {@link #gauge}, for a fraction. */
  public void ratio(String name, DoubleSupplier value) {
    byName.put(name, value);
  }

  /** Shows a text that somebody else keeps, for people; empty where there is nothing to say. */
  public void text(String name, Supplier<String> value) {
    byName.put(name, new Text(value));
  }

  /** Visits all meters in the order of their names. */
  public void visit(Visitor visitor) {
    byName.forEach((name, meter) -> {
      switch (meter) {
        case Counter counter -> visitor.count(name, counter.value());
        case Histogram histogram -> visitor.histogram(name, histogram);
        case LongSupplier gauge -> visitor.count(name, gauge.getAsLong());
        case Text(Supplier<String> value) -> visitor.text(name, value.get());
        case DoubleSupplier ratio -> visitor.ratio(name, ratio.getAsDouble());
        default -> throw new AssertionError(name + " is a " + meter.getClass());
      }
    });
  }

  /** Receives meters. */
  public interface Visitor {
    void count(String name, long value);

    void ratio(String name, double value);

    void histogram(String name, Histogram histogram);

    /** Whoever only counts leaves texts out. */
    default void text(String name, String value) {}
  }

  private record Text(Supplier<String> value) {}

  /** A count that only grows. Any thread, no lock. */
  public static final class Counter {
    private final LongAdder adder = new LongAdder();

    public void increment() {
      adder.increment();
    }

    public void add(long n) {
      adder.add(n);
    }

    public long value() {
      return adder.sum();
    }
  }
}
