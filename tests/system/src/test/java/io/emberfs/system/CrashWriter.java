package io.emberfs.system;

import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;

/**
 * A process that writes stamped blocks to a directory until that fails. It says on standard output
 * what it is about to write ({@code issue FILE BLOCK VERSION}) and, once a call that promises
 * durability has returned, {@code ack VERSION}: every version up to that one is durable.
 */
final class CrashWriter {
  static final int FILE_COUNT = 2;
  static final int BLOCK_COUNT = 64;
  private static final int BATCH_MAX = 7;
  private static final double REPLACE_PROBABILITY = 0.3;

  private final Path directory;
  private final int writer;
  private final RandomGenerator random;
  private final PrintStream journal;
  private long version;

  private CrashWriter(Path directory, int writer, long seed, long version, PrintStream journal) {
    this.directory = directory;
    this.writer = writer;
    this.random = Seeds.random(seed);
    this.version = version;
    this.journal = journal;
  }

  /** Arguments: directory, number of the writer, seed, last version that was used before. */
  @SuppressWarnings("SystemOut") // Standard output is this process's journal.
  public static void main(String[] arguments) {
    CrashWriter writer =
        new CrashWriter(
            Path.of(arguments[0]),
            Integer.parseInt(arguments[1]),
            Long.parseLong(arguments[2]),
            Long.parseLong(arguments[3]),
            System.out);
    try {
      writer.run();
    } catch (IOException end) {
      // The daemon or the device is gone, which is what the test is about; all that counts was said
      // before.
      System.exit(0);
    }
  }

  static Path file(Path directory, int writer, int file) {
    return directory.resolve("writer" + writer + "-file" + file);
  }

  private void run() throws IOException {
    for (int file = 0; file < FILE_COUNT; file++) {
      replace(file);
    }
    while (true) {
      int file = random.nextInt(FILE_COUNT);
      if (random.nextDouble() < REPLACE_PROBABILITY) {
        replace(file);
      } else {
        overwriteSome(file);
      }
    }
  }

  /** A whole new file, synced, renamed over the old one, and the directory synced. */
  private void replace(int file) throws IOException {
    Path temporary = directory.resolve("writer" + writer + "-new");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (int block = 0; block < BLOCK_COUNT; block++) {
        write(channel, file, block);
      }
      channel.force(true);
    }
    Files.move(temporary, file(directory, writer, file), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel names = FileChannel.open(directory)) {
      names.force(true);
    }
    acknowledge();
  }

  /** Some blocks, made durable by one of the calls that promise it. */
  private void overwriteSome(int file) throws IOException {
    Durability durability = Durability.values()[random.nextInt(Durability.values().length)];
    try (FileChannel channel =
        FileChannel.open(
            file(directory, writer, file), StandardOpenOption.WRITE, durability.openOption)) {
      int count = 1 + random.nextInt(BATCH_MAX);
      for (int i = 0; i < count; i++) {
        write(channel, file, random.nextInt(BLOCK_COUNT));
      }
      switch (durability) {
        case FSYNC -> channel.force(true);
        case FDATASYNC -> channel.force(false);
        case O_SYNC, O_DSYNC -> {}
      }
    }
    acknowledge();
  }

  private void write(FileChannel channel, int file, int block) throws IOException {
    version++;
    journal.println("issue " + file + " " + block + " " + version);
    journal.flush();
    channel.write(CrashBlock.encode(writer, file, block, version), (long) block * CrashBlock.SIZE);
  }

  private void acknowledge() {
    journal.println("ack " + version);
    journal.flush();
  }

  /** Which call promises that the bytes are durable. */
  private enum Durability {
    FSYNC(StandardOpenOption.WRITE),
    FDATASYNC(StandardOpenOption.WRITE),
    O_SYNC(StandardOpenOption.SYNC),
    O_DSYNC(StandardOpenOption.DSYNC);

    private final OpenOption openOption;

    Durability(OpenOption openOption) {
      this.openOption = openOption;
    }
  }
}
