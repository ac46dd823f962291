package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The main job in under two minutes: a slow directory, plain, and through emberfs cold, warm, after
 * a restart and after a kill, with every byte compared. Slow is a throttled volume where that is
 * possible, else a delay for each request.
 */
final class Demo implements Benchmark {
  private static final long RANDOM_FILE_SIZE = 64L << 20;
  private static final long SEQUENTIAL_FILE_SIZE = 128L << 20;
  private static final int RANDOM_SECONDS = 4;
  private static final double MEGA = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * What one stage measured.
   *
   * @param name of the stage
   * @param randomPerSecond random reads of 4 KiB a second
   * @param megabytesPerSecond one large file in order
   * @param treeSeconds all small files, searched by grep
   * @param backingReads data reads that emberfs asked of the slow directory for all that; 0 for
   *     plain
   */
  private record Stage(
      String name,
      double randomPerSecond,
      double megabytesPerSecond,
      double treeSeconds,
      long backingReads) {}

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    SlowDirectory slow =
        ThrottledVolume.isPossible() ? new ThrottledDirectory(place) : new DelayedDirectory(place);
    report.progress("filling " + slow.description());
    SampleTree sample = new SampleTree(5);
    sample.writeFile(slow.directory().resolve("random.dat"), RANDOM_FILE_SIZE);
    sample.writeFile(slow.directory().resolve("sequential.dat"), SEQUENTIAL_FILE_SIZE);
    sample.writeTree(slow.directory().resolve("tree"), slow.fileCount());
    TreeComparison truth = new TreeComparison(slow.directory());
    slow.begin();

    List<Stage> stages = new ArrayList<>();
    report.progress("plain: without emberfs");
    Path plain = slow.openPlain();
    stages.add(measure("plain", plain, slow, slow.plainPrefix()));
    slow.closePlain();

    report.progress("cold: mounted for the first time");
    EmberMount mount = slow.mount();
    stages.add(measureMounted("cold", mount, slow));
    truth.check(mount.mountPoint());

    report.progress("warm: the same again");
    stages.add(measureMounted("warm", mount, slow));

    report.progress("restart: unmounted and mounted again");
    mount.unmount();
    mount = slow.mount();
    stages.add(measureMounted("restart", mount, slow));
    truth.check(mount.mountPoint());

    report.progress("kill -9: the daemon killed, mounted again");
    mount.kill();
    mount = slow.mount();
    stages.add(measureMounted("kill -9", mount, slow));
    truth.check(mount.mountPoint());
    mount.unmount();

    print(out, slow, truth, stages);
  }

  private static Stage measureMounted(String name, EmberMount mount, SlowDirectory slow)
      throws IOException {
    long before = mount.stats().count("backing", "reads");
    Stage stage = measure(name, mount.mountPoint(), slow, List.of());
    long reads = mount.stats().count("backing", "reads") - before;
    return new Stage(
        name, stage.randomPerSecond(), stage.megabytesPerSecond(), stage.treeSeconds(), reads);
  }

  private static Stage measure(String name, Path root, SlowDirectory slow, List<String> prefix)
      throws IOException {
    slow.forgetPages();
    double random = Fio.zipf(root.resolve("random.dat"), RANDOM_SECONDS).run(prefix).perSecond();
    double sequential =
        Fio.sequential(root.resolve("sequential.dat")).run(prefix).bytesPerSecond() / MEGA;
    List<String> search = new ArrayList<>(prefix);
    search.addAll(
        List.of("grep", "-r", "-a", "-c", "no such text", root.resolve("tree").toString()));
    long start = System.nanoTime();
    // grep ends with 1 where it finds nothing, and with 2 where it cannot read.
    Commands.Outcome outcome = Commands.run(search);
    if (outcome.exitCode() > 1) {
      throw new IOException("grep could not read: " + outcome.messages());
    }
    return new Stage(name, random, sequential, (System.nanoTime() - start) / NANOS_PER_SECOND, 0);
  }

  private static void print(
      PrintStream out, SlowDirectory slow, TreeComparison truth, List<Stage> stages) {
    Stage plain = stages.getFirst();
    out.printf("%n%s; %d files%n", slow.description(), truth.fileCount());
    out.printf(
        "%-9s %22s %24s %24s %15s%n",
        "", "4 KiB random (Zipf)", "1 MiB in order", "grep -r of small files", "backing reads");
    for (Stage stage : stages) {
      String row =
          String.format(
              Locale.ROOT,
              "%-9s %10.0f/s %8s %12.0f MB/s %6s %13.2f s %8s %15s",
              stage.name(),
              stage.randomPerSecond(),
              times(stage.randomPerSecond() / plain.randomPerSecond()),
              stage.megabytesPerSecond(),
              times(stage.megabytesPerSecond() / plain.megabytesPerSecond()),
              stage.treeSeconds(),
              times(plain.treeSeconds() / stage.treeSeconds()),
              stage == plain ? "" : stage.backingReads());
      out.println(row.stripTrailing());
    }
    out.println("every byte compared with the backing: cold, restarted and killed are right");
  }

  private static String times(double ratio) {
    return String.format(Locale.ROOT, ratio < 10 ? "%.1fx" : "%.0fx", ratio);
  }

  /** A directory that is slow on purpose. */
  private interface SlowDirectory {
    String description();

    Path directory();

    int fileCount();

    /** It was filled and is slow from here on. */
    void begin() throws IOException;

    /** Where it can be read as it is, without tiers. */
    Path openPlain() throws IOException;

    void closePlain() throws IOException;

    List<String> plainPrefix();

    EmberMount mount() throws IOException;

    void forgetPages() throws IOException;
  }

  /** A throttled volume; needs root. */
  private static final class ThrottledDirectory implements SlowDirectory {
    private static final int REQUESTS_PER_SECOND = 300;
    private static final long BYTES_PER_SECOND = 100_000_000;
    private static final long VOLUME_SIZE = 512L << 20;

    private final WorkPlace place;
    private final ThrottledVolume volume;

    ThrottledDirectory(WorkPlace place) throws IOException {
      this.place = place;
      volume = ThrottledVolume.create(place, VOLUME_SIZE);
    }

    @Override
    public String description() {
      return "a volume of " + REQUESTS_PER_SECOND + " requests/s and 100 MB/s";
    }

    @Override
    public Path directory() {
      return volume.mountPoint();
    }

    @Override
    public int fileCount() {
      return SampleTree.FILE_COUNT;
    }

    @Override
    public void begin() throws IOException {
      volume.limit(REQUESTS_PER_SECOND, BYTES_PER_SECOND);
    }

    @Override
    public Path openPlain() {
      return volume.mountPoint();
    }

    @Override
    public void closePlain() {}

    @Override
    public List<String> plainPrefix() {
      return volume.prefix();
    }

    @Override
    public EmberMount mount() throws IOException {
      return EmberMount.mount(
          volume.prefix(),
          place.launcher(),
          volume.mountPoint(),
          place.resolve("fast"),
          tiers(place));
    }

    @Override
    public void forgetPages() throws IOException {
      volume.dropCaches();
    }
  }

  /**
   * A directory whose every request waits; plain is a mount without tiers, prefetch and kernel
   * cache.
   */
  private static final class DelayedDirectory implements SlowDirectory {
    private static final int FILE_COUNT = 120;
    private static final List<String> DELAY = List.of("--delay-backing", "5ms");
    private static final List<String> NOTHING_ELSE =
        List.of("--ram", "off", "--ssd", "off", "--prefetch", "off", "--kernel-cache", "off");

    private final WorkPlace place;
    private final Path directory;
    private List<EmberMount> plain = List.of();

    DelayedDirectory(WorkPlace place) throws IOException {
      this.place = place;
      directory = Files.createDirectory(place.resolve("slow"));
    }

    @Override
    public String description() {
      return "a directory with a delay of 5 ms for each request";
    }

    @Override
    public Path directory() {
      return directory;
    }

    @Override
    public int fileCount() {
      return FILE_COUNT;
    }

    @Override
    public void begin() {}

    @Override
    public Path openPlain() throws IOException {
      List<String> options = new ArrayList<>(DELAY);
      options.addAll(NOTHING_ELSE);
      options.addAll(List.of("--state-dir", place.resolve("state-plain").toString()));
      EmberMount mount =
          EmberMount.mount(List.of(), place.launcher(), directory, place.resolve("plain"), options);
      plain = List.of(mount);
      return mount.mountPoint();
    }

    @Override
    public void closePlain() throws IOException {
      for (EmberMount mount : plain) {
        mount.unmount();
      }
    }

    @Override
    public List<String> plainPrefix() {
      return List.of();
    }

    @Override
    public EmberMount mount() throws IOException {
      List<String> options = new ArrayList<>(DELAY);
      options.addAll(tiers(place));
      return EmberMount.mount(
          List.of(), place.launcher(), directory, place.resolve("fast"), options);
    }

    @Override
    public void forgetPages() {}
  }

  private static List<String> tiers(WorkPlace place) {
    return List.of(
        "--ram", "512M", "--ssd", "1G", "--state-dir", place.resolve("state").toString());
  }
}
