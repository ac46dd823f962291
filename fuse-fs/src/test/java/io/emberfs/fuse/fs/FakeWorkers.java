package io.emberfs.fuse.fs;

import io.emberfs.core.Workers;
import java.util.ArrayDeque;

/** Keeps tasks until the test runs them; on the test's thread, in the order of calls. */
final class FakeWorkers implements Workers {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

  /** Whether the queue is full. */
  boolean isFull;

  @Override
  public boolean execute(Runnable task) {
    return !isFull && tasks.add(task);
  }

  @Override
  public void loop(String threadName, long idleMillis, Step step) {
    throw new AssertionError("no loop expected");
  }

  @Override
  public void close() {}

  int waiting() {
    return tasks.size();
  }

  void runAll() {
    while (!tasks.isEmpty()) {
      tasks.pop().run();
    }
  }
}
