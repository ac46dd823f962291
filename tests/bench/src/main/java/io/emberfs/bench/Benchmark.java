package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;

/** One thing to measure. */
interface Benchmark {
  /**
   * Measures both sides, interleaved.
   *
   * @param place for everything that is made
   * @param report takes the samples and the bars
   * @param out for tables of its own
   */
  void run(WorkPlace place, Report report, PrintStream out) throws IOException;
}
