package io.emberfs.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A process that writes to a file by a shared mapping and reads it by calls, and the other way
 * round.
 */
final class MappedFile {
  private static final int FIRST_OFFSET = 70_000;
  private static final int SECOND_OFFSET = 90_000;

  private MappedFile() {}

  /** Argument: a file of at least 100,000 bytes. */
  @SuppressWarnings("SystemOut") // A program of its own; this is its result.
  public static void main(String[] arguments) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapping = channel.map(MapMode.READ_WRITE, 0, channel.size());
      mapping.putLong(FIRST_OFFSET, 0x1234_5678_9abc_def0L);
      mapping.force();
      ByteBuffer read = ByteBuffer.allocate(Long.BYTES);
      channel.read(read, FIRST_OFFSET);
      System.out.println("read what was mapped: " + Long.toHexString(read.getLong(0)));
      channel.write(ByteBuffer.allocate(Long.BYTES).putLong(0, 42), SECOND_OFFSET);
      System.out.println("mapped what was written: " + mapping.getLong(SECOND_OFFSET));
    }
  }
}
