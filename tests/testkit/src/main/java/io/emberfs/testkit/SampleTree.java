package io.emberfs.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * Makes trees and files from a seed: the same seed makes the same bytes. The sizes of a tree's
 * files follow those of a public source tree, most of them a few kilobytes; the bytes of every file
 * are half compressible.
 */
public final class SampleTree {
  /** As many files as that source tree has. */
  public static final int FILE_COUNT = 1_623;

  private static final int FILES_PER_DIRECTORY = 18;
  private static final int CHUNK_SIZE = 4096;

  /** Shares of all files, and the size in bytes that they do not exceed. */
  private static final double[] SHARES = {0, 0.10, 0.50, 0.75, 0.90, 0.99, 1};

  private static final double[] SIZES = {40, 410, 2_458, 6_861, 19_456, 139_264, 595_968};

  private final RandomGenerator random;

  public SampleTree(long seed) {
    random = Seeds.random(seed);
  }

  /**
   * Writes a tree of small files.
   *
   * @param root is made
   * @return bytes written
   */
  public long writeTree(Path root, int fileCount) throws IOException {
    long byteCount = 0;
    Path directory = root;
    for (int i = 0; i < fileCount; i++) {
      if (i % FILES_PER_DIRECTORY == 0) {
        int number = i / FILES_PER_DIRECTORY;
        directory = root.resolve("part-" + number % 9).resolve("room-" + number);
        Files.createDirectories(directory);
      }
      long size = fileSize(random.nextDouble());
      writeFile(directory.resolve("file-" + i + ".txt"), size);
      byteCount += size;
    }
    return byteCount;
  }

  /** Writes one file of this many bytes. */
  public void writeFile(Path file, long size) throws IOException {
    byte[] chunk = new byte[CHUNK_SIZE];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = size; left > 0; left -= CHUNK_SIZE) {
        fill(chunk);
        out.write(chunk, 0, (int) Math.min(left, CHUNK_SIZE));
      }
    }
  }

  /**
   * The size that a share of all files does not exceed, between the known ones by a straight line
   * of logarithms.
   */
  private static long fileSize(double share) {
    int upper = 1;
    while (SHARES[upper] < share) {
      upper++;
    }
    double position = (share - SHARES[upper - 1]) / (SHARES[upper] - SHARES[upper - 1]);
    return Math.round(SIZES[upper - 1] * Math.pow(SIZES[upper] / SIZES[upper - 1], position));
  }

  /** Random lines in the first half, one letter in the other. */
  private void fill(byte[] chunk) {
    for (int i = 0; i < CHUNK_SIZE / 2; i += Long.BYTES) {
      long bits = random.nextLong();
      for (int j = 0; j < Long.BYTES; j++) {
        // No zero byte, so that the files pass for text, and a line feed now and then.
        int letter = (int) (bits >>> j * Byte.SIZE) & 0xff;
        chunk[i + j] = (byte) (letter < ' ' ? '\n' : letter);
      }
    }
    byte filler = (byte) ('a' + random.nextInt(26));
    for (int i = CHUNK_SIZE / 2; i < CHUNK_SIZE; i++) {
      chunk[i] = filler;
    }
  }
}
