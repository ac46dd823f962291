package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of fio: synchronous reads or writes of one existing file.
 *
 * @param file what is read or written
 * @param pattern {@code read}, {@code randread}, {@code write} or {@code randwrite}
 * @param blockSize of a request, as fio writes it
 * @param jobCount processes at a time
 * @param extra further options, for example a run time or a number of requests
 */
record Fio(Path file, String pattern, String blockSize, int jobCount, List<String> extra) {
  private static final int RANDOM_SEED = 20;
  private static final String VERIFIABLE = "--verify=crc32c";
  private static final String P50 = "50.000000";
  private static final String P99 = "99.000000";

  /** Uniformly random reads of 4 KiB for some seconds. */
  static Fio uniform(Path file, int seconds, int jobCount) {
    return new Fio(
        file, "randread", "4k", jobCount, List.of("--time_based", "--runtime=" + seconds));
  }

  /** A fixed number of uniformly random reads of 4 KiB: the same ones in every run. */
  static Fio uniformCounted(Path file, int requestCount) {
    return new Fio(file, "randread", "4k", 1, List.of("--number_ios=" + requestCount));
  }

  /** As {@link #uniformCounted(Path, int)}, other places for another seed. */
  static Fio uniformCounted(Path file, int requestCount, int seed) {
    return new Fio(
        file,
        "randread",
        "4k",
        1,
        List.of("--number_ios=" + requestCount, "--randseed=" + (RANDOM_SEED + seed)));
  }

  /** Random reads of 4 KiB, some places far more often than others, for some seconds. */
  static Fio zipf(Path file, int seconds) {
    return new Fio(
        file,
        "randread",
        "4k",
        1,
        List.of("--random_distribution=zipf:1.1", "--time_based", "--runtime=" + seconds));
  }

  /** The whole file once, in order. */
  static Fio sequential(Path file) {
    return new Fio(file, "read", "1m", 1, List.of());
  }

  /** A part of the file once, in order. */
  static Fio piece(Path file, long offset, long byteCount) {
    return new Fio(file, "read", "1m", 1, List.of("--offset=" + offset, "--size=" + byteCount));
  }

  /**
   * Random writes of 4 KiB, each followed by fsync, no place twice, until some seconds have gone or
   * so many bytes are written. What is written can be verified.
   */
  static Fio synced(Path file, int seconds, long bytesMax, int seed) {
    return new Fio(
        file,
        "randwrite",
        "4k",
        1,
        List.of(
            "--fsync=1",
            "--runtime=" + seconds,
            "--io_size=" + bytesMax,
            VERIFIABLE,
            "--do_verify=0",
            "--randseed=" + seed));
  }

  /** The same without the kernel's pages (O_DIRECT). */
  Fio direct() {
    List<String> all = new ArrayList<>(extra);
    all.add("--direct=1");
    return new Fio(file, pattern, blockSize, jobCount, all);
  }

  /** The same of another file. */
  Fio of(Path other) {
    return new Fio(other, pattern, blockSize, jobCount, extra);
  }

  /** Runs it, started by {@code prefix}. */
  Result run(List<String> prefix) throws IOException {
    Numbers report = report(prefix);
    String direction = pattern.endsWith("write") ? "write" : "read";
    return new Result(
        report.at("jobs", "0", direction, "iops"),
        report.at("jobs", "0", direction, "bw_bytes"),
        report.count("jobs", "0", direction, "io_bytes"),
        report.at("jobs", "0", direction, "clat_ns", "percentile", P50));
  }

  /** Runs {@link #synced} writes, started by {@code prefix}. */
  Synced runSynced(List<String> prefix) throws IOException {
    Numbers report = report(prefix);
    return new Synced(
        report.at("jobs", "0", "write", "iops"),
        report.at("jobs", "0", "write", "clat_ns", "percentile", P99)
            + report.at("jobs", "0", "sync", "lat_ns", "percentile", P99),
        report.count("jobs", "0", "write", "io_bytes"));
  }

  /**
   * Verifies what {@link #synced} writes of a seed have written to a file of nothing else that fio
   * has written.
   *
   * @param file where to look for it
   * @param byteCount how many were written
   * @throws IOException if a byte is wrong
   */
  static void verify(Path file, long byteCount, int seed) throws IOException {
    Fio reads =
        new Fio(
            file,
            "randwrite",
            "4k",
            1,
            List.of(VERIFIABLE, "--verify_only", "--io_size=" + byteCount, "--randseed=" + seed));
    long seen = reads.report(List.of()).count("jobs", "0", "read", "io_bytes");
    if (seen != byteCount) {
      throw new IOException("verified " + seen + " bytes of " + byteCount + " in " + file);
    }
  }

  private Numbers report(List<String> prefix) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            "fio",
            "--name=read",
            "--filename=" + file,
            "--rw=" + pattern,
            "--bs=" + blockSize,
            "--numjobs=" + jobCount,
            "--ioengine=psync",
            "--allow_file_create=0",
            "--fallocate=none",
            "--group_reporting",
            // Or it leaves a file in the working directory.
            "--verify_state_save=0",
            "--output-format=json"));
    command.addAll(extra);
    if (extra.stream().noneMatch(option -> option.startsWith("--randseed="))) {
      command.add("--randseed=" + RANDOM_SEED);
    }
    return Numbers.parse(Commands.output(command));
  }

  /**
   * What fio measured.
   *
   * @param perSecond requests a second
   * @param bytesPerSecond bytes a second
   * @param byteCount bytes moved in all
   * @param p50Nanos median of the time of a request
   */
  record Result(double perSecond, double bytesPerSecond, long byteCount, double p50Nanos) {}

  /**
   * What fio measured of writes that are synced.
   *
   * @param perSecond writes with their fsync a second
   * @param p99Nanos of a write and of an fsync, added
   * @param byteCount bytes written in all
   */
  record Synced(double perSecond, double p99Nanos, long byteCount) {}
}
