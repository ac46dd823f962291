package io.emberfs.testkit;

import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Records for tests, and their text, which is the same for equal ones. */
public final class JournalRecords {
  private JournalRecords() {}

  /**
   * A record of any kind.
   *
   * @param bytesMax of a path or of a write
   */
  public static JournalRecord random(RandomGenerator random, int bytesMax) {
    NodeIdentity file = new NodeIdentity(random.nextLong(), random.nextInt(5), random.nextLong());
    byte[] bytes = new byte[random.nextInt(bytesMax + 1)];
    random.nextBytes(bytes);
    FileVersion version =
        new FileVersion(file, random.nextLong() >>> 1, random.nextLong(), random.nextLong());
    return switch (random.nextInt(8)) {
      case 0 -> new JournalRecord.Named(version, bytes, random.nextBoolean());
      case 1 -> new JournalRecord.Truncated(file, random.nextLong() >>> 1, random.nextLong());
      case 2 -> new JournalRecord.Flushing(version);
      case 3 -> new JournalRecord.Flushed(file);
      default ->
          new JournalRecord.Written(
              file, random.nextLong() >>> 2, random.nextLong(), MemorySegment.ofArray(bytes));
    };
  }

  /** A write of bytes that its number makes. */
  public static JournalRecord.Written written(int number, int length) {
    byte[] bytes = new byte[length];
    Seeds.random(number).nextBytes(bytes);
    return new JournalRecord.Written(
        new NodeIdentity(1, number % 7, 0), number * 4096L, number, MemorySegment.ofArray(bytes));
  }

  /** Everything that is in a record. */
  public static String text(JournalRecord record) {
    return switch (record) {
      case JournalRecord.Named(FileVersion version, byte[] path, boolean isDurable) ->
          "named " + version + " " + text(path) + (isDurable ? " durable" : "");
      case JournalRecord.Written(
              NodeIdentity file,
              long offset,
              long wallNanos,
              MemorySegment bytes) ->
          "written "
              + file
              + " at "
              + offset
              + " "
              + wallNanos
              + " "
              + text(bytes.toArray(ValueLayout.JAVA_BYTE));
      case JournalRecord.Truncated truncated -> truncated.toString();
      case JournalRecord.Flushing flushing -> flushing.toString();
      case JournalRecord.Flushed flushed -> flushed.toString();
    };
  }

  private static String text(byte[] bytes) {
    return bytes.length <= 64
        ? HexFormat.of().formatHex(bytes)
        : bytes.length + " bytes, hash " + Arrays.hashCode(bytes);
  }
}
