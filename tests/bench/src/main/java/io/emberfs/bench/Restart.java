package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What a mount still knows when it begins again: after a clean end and after a kill with {@code
 * --backing shared}, and after a clean end with {@code exclusive}. Its 16,384 blocks of 64 KiB were
 * all in RAM. Counted are the time until the first answer, bytes read of the backing's files, bytes
 * that the backing's device read from the moment of that answer, and hits before and after.
 *
 * <p>The baseline of the device's reads is a cold walk over the same tree with find, which looks at
 * every file and reads none. The baseline of the way back to RAM is the disk itself, O_DIRECT.
 */
final class Restart implements Benchmark {
  private static final long FILE_SIZE = 1L << 30;
  private static final long VOLUME_SIZE = 2L << 30;
  private static final int ROUNDS = 3;
  private static final int READ_SECONDS = 4;
  private static final long POLL_NANOS = 200_000_000;
  private static final int POLL_COUNT_MAX = 600;

  /** A kill may cost what was in RAM for less than 10 s. */
  private static final long REST_NANOS = 15_000_000_000L;

  private static final double NANOS_PER_MILLI = 1e6;
  private static final double WARM_SHARE = 0.99;
  private static final List<String> OUTSIDE = List.of();
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

  /** How the mount before ended, and what the next one believes. */
  private enum End {
    CLEAN("clean end", "shared", 0.95),
    KILLED("kill", "shared", 0.9),
    EXCLUSIVE("clean end, exclusive", "exclusive", 0.95);

    private final String text;
    private final String backing;
    private final double hitsMin;

    End(String text, String backing, double hitsMin) {
      this.text = text;
      this.backing = backing;
      this.hitsMin = hitsMin;
    }

    String sample(String name) {
      return text + " " + name;
    }
  }

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    LoopVolume volume = LoopVolume.create(place, "volume", VOLUME_SIZE);
    Path backing = Files.createDirectory(volume.mountPoint().resolve("backing"));
    new SampleTree(3).writeTree(backing, SampleTree.FILE_COUNT);
    new SampleTree(5).writeFile(backing.resolve("random.dat"), FILE_SIZE);
    Path raw = place.resolve("raw.dat");
    Files.copy(backing.resolve("random.dat"), raw);
    for (End end : End.values()) {
      Path state = place.resolve("state-" + end.name());
      report.progress("bringing everything to RAM and the SSD, " + end.backing);
      fill(mount(place, backing, end, state)).unmount();
      for (int round = 0; round < ROUNDS; round++) {
        report.progress("round %d of %d, %s".formatted(round + 1, ROUNDS, end.text));
        measure(place, volume, backing, end, state, report);
        report.add("raw MB/s", dropped(Fio.sequential(raw).direct()).bytesPerSecond() / 1e6);
      }
    }
    for (End end : End.values()) {
      bars(end, report);
    }
  }

  private static void bars(End end, Report report) {
    String text = ", " + end.text;
    report.atMost("ms until the first answer" + text, end.sample("ms"), 1000);
    report.atMost("bytes of the backing's files" + text, end.sample("backing"), 0);
    if (end == End.EXCLUSIVE) {
      report.atMost("bytes that its device read" + text, end.sample("device"), 0);
    } else {
      report.ratioAtMost(
          "bytes that its device read" + text, end.sample("device"), end.sample("walk"), 1);
    }
    report.ratioAtLeast(
        "hit ratio against that before" + text,
        end.sample("hits after"),
        end.sample("hits before"),
        end.hitsMin);
    report.ratio("MB/s back to RAM against the disk" + text, end.sample("MB/s"), "raw MB/s");
  }

  private static void measure(
      WorkPlace place, LoopVolume volume, Path backing, End end, Path state, Report report)
      throws IOException {
    EmberMount mount = fill(mount(place, backing, end, state));
    Path file = mount.mountPoint().resolve("random.dat");
    report.add(end.sample("hits before"), hitRatio(mount, file));
    long blocks = mount.stats().count("tiers", "ram", "blocks");
    if (end == End.KILLED) {
      LockSupport.parkNanos(REST_NANOS);
      mount.kill();
    } else {
      mount.unmount();
    }

    Commands.output("sync");
    Files.writeString(DROP_CACHES, "3");
    long before = volume.readBytes();
    Commands.output("find", backing.toString(), "-printf", "%s %T@\n");
    report.add(end.sample("walk"), volume.readBytes() - before);

    Files.writeString(DROP_CACHES, "3");
    long start = System.nanoTime();
    mount = mount(place, backing, end, state);
    Files.size(file);
    report.add(end.sample("ms"), (System.nanoTime() - start) / NANOS_PER_MILLI);
    before = volume.readBytes();
    report.add(end.sample("hits after"), hitRatio(mount, file));
    warmUp(mount, (long) (blocks * WARM_SHARE));
    report.add(end.sample("MB/s"), FILE_SIZE / 1e6 / ((System.nanoTime() - start) / 1e9));
    Commands.run(List.of("grep", "-r", "-q", "no such text", mount.mountPoint().toString()));
    report.add(end.sample("device"), volume.readBytes() - before);
    report.add(end.sample("backing"), mount.stats().count("backing", "readBytes"));
    mount.unmount();
  }

  private static EmberMount mount(WorkPlace place, Path backing, End end, Path state)
      throws IOException {
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--ram", "1400M", "--ssd", "3G", "--kernel-cache", "off"));
    options.addAll(List.of("--backing", end.backing, "--state-dir", state.toString()));
    return EmberMount.mount(OUTSIDE, place.launcher(), backing, place.resolve("fast"), options);
  }

  /** Reads everything until nothing of it comes from the backing. */
  private static EmberMount fill(EmberMount mount) throws IOException {
    for (int i = 0; i < POLL_COUNT_MAX; i++) {
      long before = mount.stats().count("backing", "readBytes");
      Fio.sequential(mount.mountPoint().resolve("random.dat")).run(OUTSIDE);
      Commands.run(List.of("grep", "-r", "-q", "no such text", mount.mountPoint().toString()));
      if (mount.stats().count("backing", "readBytes") == before) {
        return mount;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    throw new IOException("what was read through " + mount.mountPoint() + " was not kept");
  }

  private static double hitRatio(EmberMount mount, Path file) throws IOException {
    Numbers before = mount.stats();
    Fio.uniform(file, READ_SECONDS, 1).run(OUTSIDE);
    Numbers after = mount.stats();
    double hits = hits(after) - hits(before);
    double misses = after.at("reads", "missBlocks") - before.at("reads", "missBlocks");
    return hits / (hits + misses);
  }

  private static double hits(Numbers stats) throws IOException {
    return stats.at("reads", "hitBlocks", "ram") + stats.at("reads", "hitBlocks", "ssd");
  }

  private static void warmUp(EmberMount mount, long blockCount) throws IOException {
    for (int i = 0; i < POLL_COUNT_MAX; i++) {
      if (mount.stats().count("tiers", "ram", "blocks") >= blockCount) {
        return;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    throw new IOException("RAM did not get its blocks back");
  }

  private static Fio.Result dropped(Fio reads) throws IOException {
    Files.writeString(DROP_CACHES, "3");
    return reads.run(OUTSIDE);
  }
}
