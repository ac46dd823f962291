package io.emberfs.bench;

import io.emberfs.core.BlockGeometry;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Files of one kind, cut into blocks as the engine cuts them: the last block of a file ends with
 * its last granule, padded with zeros.
 *
 * @param name of the kind
 * @param blocks in the order of the files
 */
record CodecCorpus(String name, List<Block> blocks) {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);

  /** Of a large file, slices from end to end instead of its head. */
  private static final int SLICE_COUNT = 8;

  /**
   * One block.
   *
   * @param fileId number of its file within the corpus
   */
  record Block(long fileId, MemorySegment raw) {}

  /** Raw bytes of all blocks. */
  long rawBytes() {
    return blocks.stream().mapToLong(block -> block.raw.byteSize()).sum();
  }

  /** Slices of the modules of the running Java. */
  static CodecCorpus modules(long byteCount, Arena arena) throws IOException {
    Path modules = Path.of(System.getProperty("java.home"), "lib", "modules");
    List<Block> blocks = new ArrayList<>();
    addSlices(blocks, modules, 0, byteCount, arena);
    return new CodecCorpus("JDK modules", blocks);
  }

  /** Slices of the running Java's libraries and programs, the largest first. */
  static CodecCorpus executables(long byteCount, Arena arena) throws IOException {
    Path home = Path.of(System.getProperty("java.home"));
    List<Path> files =
        filesBelow(
                home,
                path -> path.toString().endsWith(".so") || path.startsWith(home.resolve("bin")))
            .sorted((left, right) -> Long.compare(size(right), size(left)))
            .toList();
    List<Block> blocks = new ArrayList<>();
    for (Path file : files) {
      long left = byteCount - rawBytes(blocks);
      if (left <= 0) {
        break;
      }
      addSlices(blocks, file, blocks.size(), Math.min(left, byteCount / 2), arena);
    }
    return new CodecCorpus("executables", blocks);
  }

  /** Whole source files and pages below a directory. */
  static CodecCorpus text(Path root, long byteCount, Arena arena) throws IOException {
    List<Path> files =
        filesBelow(
                root,
                path ->
                    !path.toString().contains("/target/")
                        && Stream.of(".java", ".md", ".xml").anyMatch(path.toString()::endsWith))
            .sorted()
            .toList();
    List<Block> blocks = new ArrayList<>();
    for (int file = 0; file < files.size() && rawBytes(blocks) < byteCount; file++) {
      addRange(blocks, files.get(file), file, 0, size(files.get(file)), arena);
    }
    return new CodecCorpus("text", blocks);
  }

  /** One file of random bytes, always the same. */
  static CodecCorpus random(long byteCount, Arena arena) {
    byte[] noise = new byte[GEOMETRY.blockSize()];
    RandomGenerator random = Seeds.random(8);
    List<Block> blocks = new ArrayList<>();
    while (rawBytes(blocks) < byteCount) {
      random.nextBytes(noise);
      blocks.add(new Block(0, arena.allocate(noise.length).copyFrom(MemorySegment.ofArray(noise))));
    }
    return new CodecCorpus("random", blocks);
  }

  private static void addSlices(
      List<Block> blocks, Path file, long fileId, long byteCount, Arena arena) throws IOException {
    long size = size(file);
    if (size <= byteCount) {
      addRange(blocks, file, fileId, 0, size, arena);
      return;
    }
    long sliceSize = GEOMETRY.blockOffset(GEOMETRY.blockIndex(byteCount / SLICE_COUNT));
    for (int slice = 0; slice < SLICE_COUNT; slice++) {
      long start = GEOMETRY.blockOffset(GEOMETRY.blockIndex(size / SLICE_COUNT * slice));
      addRange(blocks, file, fileId, start, start + sliceSize, arena);
    }
  }

  private static void addRange(
      List<Block> blocks, Path file, long fileId, long start, long end, Arena arena)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      for (long at = start; at < end; at += GEOMETRY.blockSize()) {
        int length = (int) Math.min(GEOMETRY.blockSize(), end - at);
        MemorySegment raw =
            arena.allocate(GEOMETRY.rawSize(GEOMETRY.touchedMask(0, length)), Long.BYTES);
        ByteBuffer target = raw.asSlice(0, length).asByteBuffer();
        while (target.hasRemaining()) {
          if (channel.read(target, at + target.position()) < 0) {
            throw new IOException(file + " became shorter");
          }
        }
        blocks.add(new Block(fileId, raw));
      }
    }
  }

  private static long rawBytes(List<Block> blocks) {
    return new CodecCorpus("", blocks).rawBytes();
  }

  private static Stream<Path> filesBelow(Path root, Predicate<Path> wanted) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(path -> Files.isRegularFile(path) && wanted.test(path)).toList().stream();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }
}
