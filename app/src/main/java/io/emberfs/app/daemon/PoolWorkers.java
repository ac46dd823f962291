package io.emberfs.app.daemon;

import io.emberfs.core.Meters;
import io.emberfs.core.Workers;
import io.emberfs.ffi.CpuAffinity;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers on platform threads: a fixed pool {@code emberfs-io-N} behind a bounded queue for demand
 * tasks, and a thread for each loop. File I/O would hold the carrier of a virtual thread.
 *
 * <p>Any thread may call {@link #execute}; {@link #loop} and {@link #close} are for the one that
 * owns the workers.
 */
public final class PoolWorkers implements Workers {
  private static final Logger LOG = LoggerFactory.getLogger(PoolWorkers.class);

  private final ThreadPoolExecutor pool;
  private final List<Thread> loops = new ArrayList<>();
  private final Pace pace = new Pace(System::nanoTime);
  private final Meters.Counter escaped;
  private final Meters.Counter refused;

  /**
   * @param threadCount threads for demand tasks
   * @param queuedMax demand tasks that may wait
   */
  public PoolWorkers(int threadCount, int queuedMax, Meters meters) {
    escaped = meters.counter("workers.escaped");
    refused = meters.counter("workers.refused");
    AtomicInteger threadNumber = new AtomicInteger();
    pool =
        new ThreadPoolExecutor(
            threadCount,
            threadCount,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queuedMax),
            task ->
                daemonThread(
                    "emberfs-io-" + threadNumber.getAndIncrement(),
                    () -> {
                      // It is started by whoever has the first tasks: a thread pinned to a CPU.
                      CpuAffinity.followProcess();
                      task.run();
                    }));
    meters.gauge("workers.queued", () -> pool.getQueue().size());
  }

  @Override
  public boolean execute(Runnable task) {
    pace.worked();
    try {
      pool.execute(() -> runGuarded(task));
      return true;
    } catch (RejectedExecutionException full) {
      refused.increment();
      return false;
    }
  }

  @Override
  public void loop(String threadName, long idleMillis, Step step) {
    start(threadName, () -> repeat(step, () -> pace.pause(idleMillis)));
  }

  @Override
  public void restingLoop(String threadName, long idleMillis, Step step) {
    start(threadName, () -> repeat(() -> noting(step.run()), () -> pace.rest(idleMillis)));
  }

  @Override
  public void wake() {
    pace.worked();
  }

  private void start(String threadName, Runnable loop) {
    Thread thread = daemonThread(threadName, loop);
    loops.add(thread);
    thread.start();
  }

  /** What one loop did is often work for the next. */
  private int noting(int done) {
    if (done > 0) {
      pace.worked();
    }
    return done;
  }

  /**
   * @param idle waits after a step that did nothing, and says whether the workers are closed
   */
  private void repeat(Step step, BooleanSupplier idle) {
    boolean closed = false;
    while (!closed) {
      int[] done = {0};
      runGuarded(() -> done[0] = step.run());
      closed = done[0] == 0 ? idle.getAsBoolean() : pace.isClosed();
    }
  }

  /** The outermost catch of a task and of a loop's step. */
  private void runGuarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable thrown) {
      escaped.increment();
      LOG.error("a task on {} failed", Thread.currentThread().getName(), thrown);
    }
  }

  @Override
  public void close() {
    pace.close();
    pool.shutdown();
    try {
      while (!pool.awaitTermination(1, TimeUnit.MINUTES)) {
        LOG.warn("still waiting for {} tasks", pool.getActiveCount());
      }
      for (Thread loop : loops) {
        loop.join();
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread daemonThread(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    return thread;
  }
}
