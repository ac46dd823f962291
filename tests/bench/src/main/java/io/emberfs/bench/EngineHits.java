package io.emberfs.bench;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.BlockGeometry;
import io.emberfs.ffi.CpuClock;
import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Hits of whole blocks in RAM, read through the engine's block cache without the kernel. The
 * baseline is the bare copy of as many bytes out of the same kind of memory, from the same places
 * in the same order. One thread and two, in turns; once with memory that was filled for the first
 * time, once with memory that went through many hands. Then look-ups alone, and what a hit
 * allocates.
 *
 * <p>Rates are of each thread's time on its CPU, so that other work of the machine does not count;
 * a hit waits for nothing.
 */
final class EngineHits implements Benchmark {
  private static final int BLOCK_COUNT = 4096;
  private static final long FILE_SIZE = (long) BLOCK_COUNT * BlockGeometry.BLOCK_SIZE_DEFAULT;
  private static final long RAM_BYTES = FILE_SIZE * 5 / 4;
  private static final int REFILLS = 5;
  private static final int ROUNDS = 11;
  private static final int WARMING_ROUNDS = 3;
  private static final int PASSES = 4;
  private static final int LOOKUP_PASSES = 200;
  private static final int THREADS = 2;
  private static final double NANOS_PER_SECOND = 1e9;

  /** With a second thread. What the bare copy reaches is shown beside it: it is the memory's. */
  private static final double GROWTH_MIN = 1.8;

  private static final List<String> MEMORIES = List.of("fresh", "used");

  /** What is read of a file that was just changed does not stay. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making two files of 256 MiB");
    SampleTree sample = new SampleTree(7);
    sample.writeFile(backing.resolve("hot.dat"), FILE_SIZE);
    sample.writeFile(backing.resolve("other.dat"), FILE_SIZE);
    LockSupport.parkNanos(SETTLE_NANOS);
    try (Arena arena = Arena.ofShared();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        BareEngine engine = new BareEngine(backing, RAM_BYTES)) {
      CachedFile hot = engine.open("hot.dat");
      CachedFile other = engine.open("other.dat");
      HotBlocks blocks = new HotBlocks(engine, hot, BLOCK_COUNT, THREADS, arena);
      blocks.readUntilThere();
      measure(MEMORIES.getFirst(), blocks, threads, report);
      report.progress("filling the cache with something else and again, " + REFILLS + " times");
      for (int refill = 0; refill < REFILLS; refill++) {
        blocks.displaceBy(other);
        blocks.readUntilThere();
      }
      measure(MEMORIES.getLast(), blocks, threads, report);
      report.add("allocated bytes", blocks.allocatedByReading());
      engine.close(other);
      engine.close(hot);
    }
    MEMORIES.forEach(memory -> rows(memory, report));
    report.atLeast("look-ups a second, one thread", MEMORIES.getLast() + " look-ups", 10e6);
    report.atMost("bytes allocated by " + BLOCK_COUNT + " hits", "allocated bytes", 0);
  }

  private static void rows(String memory, Report report) {
    String hits = memory + " hits ";
    String copies = memory + " copies ";
    String text = memory + " memory, ";
    report.ratioAtLeast(text + "1 thread: hits against bare copies", hits + 1, copies + 1, 0.7);
    report.ratioAtLeast(text + "2 threads: hits against bare copies", hits + 2, copies + 2, 0.85);
    report.ratioAtLeast(text + "2 threads against 1: hits", hits + 2, hits + 1, GROWTH_MIN);
    report.ratio(text + "2 threads against 1: bare copies", copies + 2, copies + 1);
  }

  private static void measure(
      String memory, HotBlocks blocks, ExecutorService threads, Report report) throws IOException {
    for (int round = -WARMING_ROUNDS; round < ROUNDS; round++) {
      report.progress(memory + " memory, " + (round < 0 ? "warming up" : "round " + (round + 1)));
      double[] copies = new double[THREADS + 1];
      double[] hits = new double[THREADS + 1];
      for (int threadCount = 1; threadCount <= THREADS; threadCount++) {
        copies[threadCount] = perSecond(threads, threadCount, PASSES, blocks::copyAll);
        hits[threadCount] = perSecond(threads, threadCount, PASSES, blocks::readAll);
        if (round >= 0) {
          report.add(memory + " copies " + threadCount, copies[threadCount]);
          report.add(memory + " hits " + threadCount, hits[threadCount]);
        }
      }
      double lookups = perSecond(threads, 1, LOOKUP_PASSES, blocks::lookUpAll);
      if (round >= 0) {
        report.add(memory + " look-ups", lookups);
      }
    }
  }

  /** Goes over all blocks in the order, and with the memory, of one of the threads. */
  private interface Pass {
    void run(int thread);
  }

  /** Blocks a second of threads that begin at the same time, all together. */
  private static double perSecond(
      ExecutorService threads, int threadCount, int passCount, Pass pass) throws IOException {
    CyclicBarrier start = new CyclicBarrier(threadCount);
    List<Future<Double>> rates = new ArrayList<>();
    for (int i = 0; i < threadCount; i++) {
      int thread = i;
      rates.add(
          threads.submit(() -> {
            start.await();
            long before = CpuClock.threadNanos();
            for (int n = 0; n < passCount; n++) {
              pass.run(thread);
            }
            long nanos = CpuClock.threadNanos() - before;
            return (double) passCount * BLOCK_COUNT * NANOS_PER_SECOND / nanos;
          }));
    }
    try {
      double sum = 0;
      for (Future<Double> rate : rates) {
        sum += rate.get();
      }
      return sum;
    } catch (ExecutionException | InterruptedException failed) {
      throw new IOException("a reading thread failed", failed);
    }
  }
}
