package io.emberfs.bench;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.ffi.CpuClock;
import io.emberfs.ffi.NativeMemory;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Hits of whole blocks that lie compressed in RAM, without an engine around the tier. The baseline
 * is the codec alone, which expands the same bytes out of plain memory, plus one copy of a block:
 * what such a hit cannot do without, and what a plain hit costs.
 *
 * <p>One thread, in time of the CPU. Nobody looks after the tier, so blocks stay compressed however
 * often they are read.
 */
final class CompressedHit implements Benchmark {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private static final int BLOCK_SIZE = GEOMETRY.blockSize();
  private static final long MODULE_BYTES = 12L << 20;
  private static final long EXECUTABLE_BYTES = 8L << 20;

  /** So many times as much as the corpus, so that no cache of the CPU holds it. */
  private static final int COPIES = 8;

  private static final long RAM_BYTES = 256L << 20;
  private static final int ROUNDS = 11;
  private static final int WARMING_ROUNDS = 3;
  private static final double COST_MAX = 1.2;

  /**
   * One block as the codec made it.
   *
   * @param meta under which the tier has it
   * @param bytes the same ones in plain memory
   */
  private record Stored(BlockMeta meta, MemorySegment bytes) {}

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    try (Arena arena = Arena.ofShared();
        Codecs codecs = Codecs.standard()) {
      Codec codec = codecs.get(Lz4Codec.ID);
      report.progress("compressing the corpus");
      List<Stored> blocks = compressed(codec, arena);
      try (RamTier ram =
          new RamTier(
              new RamTierSpec(GEOMETRY, RAM_BYTES, PolicyFactory.DEFAULT, CodecChoice.NONE),
              WriteFence.OPEN,
              RamTier.Observer.NONE,
              new Meters(),
              codecs)) {
        for (Stored block : blocks) {
          if (!ram.offer(block.meta(), block.bytes())) {
            throw new IOException("the tier has no room for " + block.meta());
          }
        }
        measure(ram, codec, blocks, report);
      }
    }
    report.ratioAtMost(
        "compressed hit, ns, against expanding and one copy",
        "hit ns",
        "expand and copy ns",
        COST_MAX);
    report.ratio("compressed hit, ns, against expanding alone", "hit ns", "expand ns");
    report.ratio("one copy, ns, against expanding alone", "copy ns", "expand ns");
  }

  /** Whole blocks that the codec makes smaller, each of them several times, in random order. */
  private static List<Stored> compressed(Codec codec, Arena arena) throws IOException {
    List<Stored> blocks = new ArrayList<>();
    try (Arena corpus = Arena.ofConfined()) {
      List<CodecCorpus.Block> raw = new ArrayList<>();
      raw.addAll(CodecCorpus.modules(MODULE_BYTES, corpus).blocks());
      raw.addAll(CodecCorpus.executables(EXECUTABLE_BYTES, corpus).blocks());
      MemorySegment room = corpus.allocate(codec.storedSizeMax(BLOCK_SIZE));
      for (CodecCorpus.Block block : raw) {
        int storedSize =
            block.raw().byteSize() == BLOCK_SIZE ? codec.compress(block.raw(), room) : BLOCK_SIZE;
        for (int copy = 0; copy < COPIES && storedSize < BLOCK_SIZE; copy++) {
          MemorySegment bytes = arena.allocate(storedSize, Long.BYTES);
          blocks.add(stored(blocks.size(), bytes.copyFrom(room.asSlice(0, storedSize))));
        }
      }
    }
    Collections.shuffle(blocks, new Random(Seeds.random(10).nextLong()));
    return blocks;
  }

  private static Stored stored(int blockIndex, MemorySegment bytes) {
    BlockMeta meta =
        new BlockMeta(
            1,
            blockIndex,
            1,
            Lz4Codec.ID,
            BLOCK_SIZE,
            (int) bytes.byteSize(),
            BlockChecksum.of(bytes),
            GEOMETRY.fullMask(),
            0);
    return new Stored(meta, bytes);
  }

  private static void measure(RamTier ram, Codec codec, List<Stored> blocks, Report report) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = NativeMemory.map(BLOCK_SIZE, arena);
      MemorySegment plain = NativeMemory.map((long) blocks.size() * BLOCK_SIZE, arena);
      plain.fill((byte) 1);
      for (int round = -WARMING_ROUNDS; round < ROUNDS; round++) {
        report.progress(round < 0 ? "warming up" : "round " + (round + 1) + " of " + ROUNDS);
        double expand = expandNanos(codec, blocks, target);
        double copy = copyNanos(plain, blocks, target);
        double hit = hitNanos(ram, blocks, target);
        if (round >= 0) {
          report.add("expand ns", expand);
          report.add("copy ns", copy);
          report.add("expand and copy ns", expand + copy);
          report.add("hit ns", hit);
        }
      }
    }
  }

  private static double expandNanos(Codec codec, List<Stored> blocks, MemorySegment target) {
    long start = CpuClock.threadNanos();
    for (Stored block : blocks) {
      if (!codec.expand(block.bytes(), target)) {
        throw new IllegalStateException("the codec refuses " + block.meta());
      }
    }
    return (double) (CpuClock.threadNanos() - start) / blocks.size();
  }

  private static double copyNanos(MemorySegment plain, List<Stored> blocks, MemorySegment target) {
    long start = CpuClock.threadNanos();
    for (Stored block : blocks) {
      long offset = block.meta().blockIndex() * BLOCK_SIZE;
      MemorySegment.copy(plain, offset, target, 0, BLOCK_SIZE);
    }
    return (double) (CpuClock.threadNanos() - start) / blocks.size();
  }

  private static double hitNanos(RamTier ram, List<Stored> blocks, MemorySegment target) {
    long start = CpuClock.threadNanos();
    for (Stored block : blocks) {
      BlockMeta meta = block.meta();
      int n =
          ram.read(
              meta.fileId(), meta.blockIndex(), meta.fileGeneration(), 0, BLOCK_SIZE, target, 0);
      if (n != BLOCK_SIZE) {
        throw new IllegalStateException("the tier has lost " + meta);
      }
    }
    return (double) (CpuClock.threadNanos() - start) / blocks.size();
  }
}
