package io.emberfs.system;

import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.random.RandomGenerator;

/**
 * A process that draws operations on one file and compares every byte it reads with a model in
 * memory. A process of its own, because a mapped file whose daemon hangs would hang the whole JVM.
 */
final class FileExerciser {
  private static final int OPERATION_SIZE_MAX = 256 << 10;
  private static final int HISTORY_COUNT_MAX = 20;

  private final Path file;
  private final RandomGenerator random;
  private final int fileSizeMax;
  private final byte[] model;
  private final Deque<String> history = new ArrayDeque<>();
  private FileChannel channel;
  private int size;

  private FileExerciser(Path file, long seed, int fileSizeMax) throws IOException {
    this.file = file;
    this.random = Seeds.random(seed);
    this.fileSizeMax = fileSizeMax;
    this.model = new byte[fileSizeMax];
    this.channel = open();
  }

  /**
   * Arguments: file, seed, number of operations, largest size of the file. Ends with 1 at the first
   * difference.
   */
  @SuppressWarnings("SystemOut") // A program of its own; this is its result.
  public static void main(String[] arguments) throws IOException {
    FileExerciser exerciser =
        new FileExerciser(
            Path.of(arguments[0]), Long.parseLong(arguments[1]), Integer.parseInt(arguments[3]));
    int operationCount = Integer.parseInt(arguments[2]);
    try {
      for (int i = 0; i < operationCount; i++) {
        exerciser.step(i);
      }
      exerciser.compare(0, exerciser.size);
      exerciser.channel.close();
    } catch (AssertionError | IOException failure) {
      exerciser.history.forEach(System.out::println);
      System.out.println("then " + failure);
      System.exit(1);
    }
  }

  private void step(int number) throws IOException {
    int offset = random.nextInt(fileSizeMax);
    int length = 1 + random.nextInt(Math.min(OPERATION_SIZE_MAX, fileSizeMax - offset));
    Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
    history.addLast(
        "%d: %s at %d, %d bytes, file of %d".formatted(number, operation, offset, length, size));
    if (history.size() > HISTORY_COUNT_MAX) {
      history.removeFirst();
    }
    switch (operation) {
      case READ, READ_AGAIN -> compare(offset, length);
      case WRITE -> write(offset, length);
      case APPEND -> write(size, Math.min(length, fileSizeMax - size));
      case TRUNCATE -> truncate(offset);
      case MAPPED_READ -> mappedRead(offset, length);
      case MAPPED_WRITE -> mappedWrite(offset, length);
      case SYNC -> channel.force(random.nextBoolean());
      case REOPEN -> {
        channel.close();
        channel = open();
      }
    }
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private void write(int offset, int length) throws IOException {
    byte[] bytes = randomBytes(length);
    ByteBuffer source = ByteBuffer.wrap(bytes);
    while (source.hasRemaining()) {
      channel.write(source, offset + source.position());
    }
    remember(offset, bytes);
  }

  /** Cuts the file, or makes it longer by one byte at its new end. */
  private void truncate(int newSize) throws IOException {
    if (newSize < size) {
      channel.truncate(newSize);
      Arrays.fill(model, newSize, size, (byte) 0);
      size = newSize;
    } else {
      write(newSize, 1);
    }
  }

  private void mappedWrite(int offset, int length) throws IOException {
    int within = Math.min(length, size - offset);
    if (within <= 0) {
      return;
    }
    byte[] bytes = randomBytes(within);
    MappedByteBuffer mapping = channel.map(MapMode.READ_WRITE, offset, within);
    mapping.put(bytes);
    // Pages of a mapping reach readers by calls once they were synced; with direct I/O there is no
    // other promise.
    mapping.force();
    remember(offset, bytes);
  }

  private void mappedRead(int offset, int length) throws IOException {
    int within = Math.min(length, size - offset);
    if (within > 0) {
      byte[] seen = new byte[within];
      channel.map(MapMode.READ_ONLY, offset, within).get(seen);
      assertSame(offset, seen);
    }
  }

  private void compare(int offset, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length);
    while (target.hasRemaining() && channel.read(target, offset + target.position()) > 0) {}
    int expected = Math.max(0, Math.min(length, size - offset));
    if (target.position() != expected) {
      throw new AssertionError(
          "read of %d bytes at %d gave %d, expected %d"
              .formatted(length, offset, target.position(), expected));
    }
    assertSame(offset, Arrays.copyOf(target.array(), expected));
  }

  private void assertSame(int offset, byte[] seen) {
    int difference = Arrays.mismatch(seen, 0, seen.length, model, offset, offset + seen.length);
    if (difference >= 0) {
      throw new AssertionError(
          "byte %d is %d, expected %d"
              .formatted(offset + difference, seen[difference], model[offset + difference]));
    }
  }

  private void remember(int offset, byte[] bytes) {
    System.arraycopy(bytes, 0, model, offset, bytes.length);
    size = Math.max(size, offset + bytes.length);
  }

  private byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** What can be done to the file; reading is what finds a mistake, so it comes twice. */
  private enum Operation {
    READ,
    READ_AGAIN,
    WRITE,
    APPEND,
    TRUNCATE,
    MAPPED_READ,
    MAPPED_WRITE,
    SYNC,
    REOPEN
  }
}
