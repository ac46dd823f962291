package io.emberfs.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What one writer's files may hold after a crash: of each block the last acknowledged version, or
 * any that was issued after it. An acknowledgement is one of the run that made it: what an earlier
 * run had issued and not made durable may be lost for good. What a look has shown proves nothing:
 * it may have been in memory only.
 */
final class CrashModel {
  private static final int VIOLATION_COUNT_MAX = 20;

  private final int writer;
  private final List<List<TreeSet<Long>>> issued = new ArrayList<>();

  /** By file and block; 0 where nothing is. */
  private final long[][] durable = new long[CrashWriter.FILE_COUNT][CrashWriter.BLOCK_COUNT];

  private long lastVersion;
  private long acknowledgedCount;

  CrashModel(int writer) {
    this.writer = writer;
    for (int file = 0; file < CrashWriter.FILE_COUNT; file++) {
      List<TreeSet<Long>> blocks = new ArrayList<>();
      for (int block = 0; block < CrashWriter.BLOCK_COUNT; block++) {
        blocks.add(new TreeSet<>());
      }
      issued.add(blocks);
    }
  }

  int writer() {
    return writer;
  }

  /** The highest version that was issued. */
  long lastVersion() {
    return lastVersion;
  }

  /** Number of calls that promised durability and returned. */
  long acknowledgedCount() {
    return acknowledgedCount;
  }

  /**
   * Takes in what a writer said.
   *
   * @param journal all it said in one run
   * @param bindingBytes how much of that was said before the fault began; acknowledgements after it
   *     bind nothing
   */
  void learn(byte[] journal, long bindingBytes) {
    List<Issue> waiting = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < journal.length; i++) {
      if (journal[i] == '\n') {
        String line = new String(journal, from, i - from, StandardCharsets.US_ASCII);
        learn(line, i < bindingBytes, waiting);
        from = i + 1;
      }
    }
  }

  /**
   * Takes in a line.
   *
   * @param waiting what the run has issued and not acknowledged
   */
  private void learn(String line, boolean isBinding, List<Issue> waiting) {
    String[] words = line.split(" ");
    if (words[0].equals("issue")) {
      Issue issue =
          new Issue(
              Integer.parseInt(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]));
      issued.get(issue.file).get(issue.block).add(issue.version);
      lastVersion = Math.max(lastVersion, issue.version);
      waiting.add(issue);
    } else if (isBinding) {
      waiting.forEach(issue -> durable[issue.file][issue.block] = issue.version);
      waiting.clear();
      acknowledgedCount++;
    }
  }

  /** A version of a block that is about to be written. */
  private record Issue(int file, int block, long version) {}

  /** What the writer's files in a directory hold that they must not; none if all is well. */
  List<String> violations(Path directory) throws IOException {
    List<String> violations = new ArrayList<>();
    for (int file = 0; file < CrashWriter.FILE_COUNT; file++) {
      byte[] bytes = content(CrashWriter.file(directory, writer, file));
      for (int block = 0; block < CrashWriter.BLOCK_COUNT; block++) {
        check(file, block, bytes, violations);
        if (violations.size() >= VIOLATION_COUNT_MAX) {
          return violations;
        }
      }
    }
    return violations;
  }

  private void check(int file, int block, byte[] bytes, List<String> violations) {
    TreeSet<Long> versions = issued.get(file).get(block);
    long least = durable[file][block];
    ByteBuffer seen = ByteBuffer.allocate(CrashBlock.SIZE);
    int from = Math.min(bytes.length, block * CrashBlock.SIZE);
    seen.put(0, bytes, from, Math.min(CrashBlock.SIZE, bytes.length - from));
    for (int sector = 0; sector < CrashBlock.SECTOR_COUNT; sector++) {
      long version = CrashBlock.versionOf(seen, sector, writer, file, block);
      boolean isAllowed =
          least == 0
              ? version == CrashBlock.NEVER_WRITTEN || versions.contains(version)
              : version >= least && versions.contains(version);
      if (!isAllowed) {
        violations.add(
            "writer %d file %d block %d sector %d holds version %d (0: nothing, -1: garbage), durable is %s"
                .formatted(writer, file, block, sector, version, least));
        return;
      }
    }
  }

  private static byte[] content(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer bytes = ByteBuffer.allocate(CrashWriter.BLOCK_COUNT * CrashBlock.SIZE);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
      byte[] read = new byte[bytes.flip().remaining()];
      bytes.get(read);
      return read;
    } catch (NoSuchFileException absent) {
      return new byte[0];
    }
  }
}
