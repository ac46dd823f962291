package io.emberfs.core;

/**
 * Threads, injected so that a simulation can run the same steps on one thread in an order that it
 * chooses.
 *
 * <p>Tasks catch what they throw; one that escapes is counted by the implementation and ends that
 * task only.
 */
public interface Workers extends AutoCloseable {
  /**
   * Runs a demand task soon, in the order of calls.
   *
   * @return false if the bounded queue is full; the task was not taken
   */
  boolean execute(Runnable task);

  /**
   * Runs {@code step} again and again on a thread of this name, until the workers are closed.
   *
   * @param step does a bounded piece of work and returns how many things it did; after 0 it is
   *     asked again once {@code idleMillis} have passed
   */
  void loop(String threadName, long idleMillis, Step step);

  /**
   * As {@link #loop}, for a step whose work comes after a demand task, after what another such loop
   * did, or with {@link #wake}: where there was none of these for a while it may be asked more
   * rarely, until there is one again.
   */
  default void restingLoop(String threadName, long idleMillis, Step step) {
    loop(threadName, idleMillis, step);
  }

  /** Says that there is work for a resting loop. From any thread; waits for nothing. */
  default void wake() {}

  /** Stops the loops, lets taken tasks end, waits for both. */
  @Override
  void close();

  /** One bounded piece of work of a role. */
  @FunctionalInterface
  interface Step {
    int run();
  }
}
