package io.emberfs.testkit;

import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Wraps a store: a save fails before it begins or halfway through, a load finds nothing, a removal
 * fails. All of it is allowed to a real store, and drawn from a seed. One thread.
 */
public final class FaultyStateStore implements StateStore {
  private final StateStore store;
  private final RandomGenerator random;
  private final double rate;
  private long injectedCount;

  /**
   * @param rate share of the calls that go wrong, 0 to 1
   */
  public FaultyStateStore(StateStore store, RandomGenerator random, double rate) {
    this.store = store;
    this.random = random;
    this.rate = rate;
  }

  /** Number of faults so far: a test that saw none has tested nothing. */
  public long injectedCount() {
    return injectedCount;
  }

  @Override
  public void save(String name, Writer writer) throws IOException {
    if (!strikes()) {
      store.save(name, writer);
    } else if (random.nextBoolean()) {
      throw new IOException("injected: no space left for " + name);
    } else {
      store.save(
          name,
          out -> {
            writer.write(out);
            throw new IOException("injected: the device failed at the end of " + name);
          });
    }
  }

  @Override
  public Optional<DataInputStream> load(String name) {
    return strikes() ? Optional.empty() : store.load(name);
  }

  @Override
  public void remove(String name) throws IOException {
    if (strikes()) {
      throw new IOException("injected: cannot remove " + name);
    }
    store.remove(name);
  }

  private boolean strikes() {
    boolean strikes = random.nextDouble() < rate;
    if (strikes) {
      injectedCount++;
    }
    return strikes;
  }
}
