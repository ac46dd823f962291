package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockLease;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.TestBlocks;
import io.emberfs.testkit.TierProbe;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * One file, whose blocks are offered and overwritten in an order that follows from a seed. An own
 * write removes the block and then puts a record whose ctime is the number of writes so far; the
 * generation stays, as it does in the engine. So whoever opens the database later knows from the
 * record alone which content each block must have.
 */
final class WriteHistory {
  static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  static final long FILE = 77;
  static final int BLOCK_COUNT = 40;

  private static final String LIVED = "lived";
  private static final long GENERATION = 5;
  private static final long GRANULES = 0b11;
  private static final NodeIdentity IDENTITY = new NodeIdentity(1, 2, 3);

  private final long seed;
  private final int steps;
  private final long[] contents = new long[BLOCK_COUNT];
  private long writeCount;

  WriteHistory(long seed, int steps) {
    this.seed = seed;
    this.steps = steps;
  }

  static SsdDatabase open(Path directory, Meters meters) throws IOException {
    return SsdDatabase.open(
        directory,
        new SsdSpec(GEOMETRY, 64L << 20, 0, FakePolicy.FACTORY),
        WriteFence.OPEN,
        Clock.SYSTEM,
        meters);
  }

  /** The other process: lives through a history, says so and waits to be killed. */
  public static void main(String[] arguments) throws IOException {
    SsdDatabase database = open(Path.of(arguments[0]), new Meters());
    WriteHistory history =
        new WriteHistory(Long.parseLong(arguments[1]), Integer.parseInt(arguments[2]));
    history.live(database, database.tier());
    System.out.println(LIVED);
    // Until it is killed, or whoever would kill it is gone.
    while (System.in.read() >= 0) {}
  }

  /**
   * Runs a history in another process, which is then killed with the database open. It does not end
   * by itself: an exit, even a halt, runs the destructors of RocksDB's library under its background
   * threads.
   */
  static void liveAndDie(Path directory, long seed, int steps)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                // A killed process leaves the library that it unpacked.
                "-Djava.io.tmpdir=" + directory.toAbsolutePath().getParent(),
                "-cp",
                System.getProperty("java.class.path"),
                WriteHistory.class.getName(),
                directory.toString(),
                Long.toString(seed),
                Integer.toString(steps))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output = child.inputReader(StandardCharsets.UTF_8)) {
      StringBuilder said = new StringBuilder();
      for (String line = output.readLine(); !LIVED.equals(line); line = output.readLine()) {
        assertThat(line).as("the process ended early: %s", said).isNotNull();
        said.append(line).append('\n');
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  /** Lives through the history; the tier is the database's, or one around it. */
  void live(SsdDatabase database, Tier tier) {
    RandomGenerator random = Seeds.random(seed);
    TestBlocks blocks = new TestBlocks(GEOMETRY);
    TierProbe probe = new TierProbe(tier, GEOMETRY, WriteFence.OPEN);
    put(database, 0);
    for (int step = 0; step < steps; step++) {
      int block = random.nextInt(BLOCK_COUNT);
      switch (random.nextInt(32)) {
        case 0 -> tier.flush();
        case 1, 2, 3, 4, 5, 6, 7, 8 -> {
          contents[block] = ++writeCount;
          tier.remove(FILE, block);
          put(database, writeCount);
        }
        default -> {
          byte[] bytes = blocks.bytes(FILE, block, contents[block], GRANULES);
          assertThat(probe.offer(blocks.meta(FILE, block, GENERATION, GRANULES, 0, bytes), bytes))
              .isTrue();
        }
      }
    }
  }

  int steps() {
    return steps;
  }

  /** Number of own writes in all of the history. */
  long writeCount() {
    RandomGenerator random = Seeds.random(seed);
    long count = 0;
    for (int step = 0; step < steps; step++) {
      random.nextInt(BLOCK_COUNT);
      int operation = random.nextInt(32);
      count += operation >= 1 && operation <= 8 ? 1 : 0;
    }
    return count;
  }

  /** What each block held after the first {@code writes} own writes. */
  private long[] contentsAfter(long writes) {
    RandomGenerator random = Seeds.random(seed);
    long[] after = new long[BLOCK_COUNT];
    long count = 0;
    for (int step = 0; step < steps; step++) {
      int block = random.nextInt(BLOCK_COUNT);
      int operation = random.nextInt(32);
      if (operation >= 1 && operation <= 8 && count < writes) {
        after[block] = ++count;
      }
    }
    return after;
  }

  /**
   * Fails if the database shows a block that does not belong to the record it shows. Returns the
   * number of blocks it shows.
   */
  int assertNothingStale(SsdDatabase database) {
    FileRecord record = database.records().find(IDENTITY).orElse(null);
    if (record == null) {
      return 0;
    }
    assertThat(record.fileId()).isEqualTo(FILE);
    TestBlocks blocks = new TestBlocks(GEOMETRY);
    long[] expected = contentsAfter(record.version().ctimeNanos());
    int shown = 0;
    for (int block = 0; block < BLOCK_COUNT; block++) {
      if (database.tier().lookup(FILE, block, 0) instanceof Lookup.Hit(BlockLease lease)) {
        try (lease) {
          assertThat(lease.meta().fileGeneration()).isEqualTo(GENERATION);
          assertThat(lease.stored().toArray(ValueLayout.JAVA_BYTE))
              .as("block %d after %d writes", block, record.version().ctimeNanos())
              .isEqualTo(blocks.bytes(FILE, block, expected[block], GRANULES));
        }
        shown++;
      }
    }
    return shown;
  }

  static long recordedWrites(SsdDatabase database) {
    return database
        .records()
        .find(IDENTITY)
        .map(record -> record.version().ctimeNanos())
        .orElse(-1L);
  }

  private static void put(SsdDatabase database, long writes) {
    database
        .records()
        .put(new FileRecord(FILE, GENERATION, new FileVersion(IDENTITY, 1 << 20, 7, writes), 0));
  }
}
