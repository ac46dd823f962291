package io.emberfs.fuse.fs;

import io.emberfs.core.Workers;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Workers of a few threads, for real mounts. */
final class PoolWorkers implements Workers {
  private final ExecutorService pool = Executors.newFixedThreadPool(4);

  @Override
  public boolean execute(Runnable task) {
    pool.execute(task);
    return true;
  }

  @Override
  public void loop(String threadName, long idleMillis, Step step) {
    throw new AssertionError("no loop expected");
  }

  @Override
  public void close() {
    pool.close();
  }
}
