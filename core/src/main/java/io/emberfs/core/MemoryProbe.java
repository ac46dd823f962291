package io.emberfs.core;

import java.util.List;
import java.util.OptionalLong;

/** How much memory there is to be had, injected like {@link Clock}. */
public interface MemoryProbe {
  /** Looks now. What cannot be read is left out; never throws for that reason. */
  Reading read();

  /**
   * One look.
   *
   * @param scopes the machine, and each control group with a limit that this process is in
   * @param stalledMicros microseconds since the machine started in which some task waited for
   *     memory (the first line of {@code /proc/pressure/memory}); empty where the kernel does not
   *     count, and when it could not be asked
   */
  record Reading(List<Scope> scopes, OptionalLong stalledMicros) {
    /** Nothing is known. */
    public static final Reading NOTHING = new Reading(List.of(), OptionalLong.empty());

    public Reading {
      scopes = List.copyOf(scopes);
    }
  }

  /**
   * What one limit leaves.
   *
   * @param name for messages
   * @param limitBytes all that there is
   * @param availableBytes what is free, or can be had without swapping
   */
  record Scope(String name, long limitBytes, long availableBytes) {}
}
