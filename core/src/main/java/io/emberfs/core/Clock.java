package io.emberfs.core;

/** The time, injected so that tests and simulation can turn it. */
public interface Clock {
  /** Nanoseconds from an arbitrary origin; never falls. */
  long nanoTime();

  /** Nanoseconds since 1970, comparable with file times. */
  long wallNanos();

  /** The machine's time. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public long wallNanos() {
          java.time.Instant now = java.time.Instant.now();
          return Math.addExact(
              Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
        }
      };
}
