package io.emberfs.bench;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.GzipCodec;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.SnappyCodec;
import io.emberfs.engine.codec.ZstdCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Each codec on blocks of 64 KiB, without an engine around it, on one thread: how much smaller it
 * makes them, how fast it compresses and expands, in time of the CPU. And what {@code auto} makes
 * of a budget: raw bytes against the pages that the blocks then take, those that stay plain
 * included.
 */
final class CodecSpeeds implements Benchmark {
  private static final int ROUNDS = 5;
  private static final int PAGE = 4096;
  private static final double MEBIBYTE = 1 << 20;
  private static final long MODULE_BYTES = 12L << 20;
  private static final long EXECUTABLE_BYTES = 4L << 20;
  private static final long TEXT_BYTES = 4L << 20;
  private static final long RANDOM_BYTES = 4L << 20;
  private static final int BETTER_LEVEL = 3;

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    try (Arena arena = Arena.ofConfined();
        Codecs codecs = Codecs.standard();
        Codecs better = Codecs.standard(BETTER_LEVEL)) {
      report.progress("reading the corpus");
      List<CodecCorpus> shrinking =
          List.of(
              CodecCorpus.modules(MODULE_BYTES, arena),
              CodecCorpus.executables(EXECUTABLE_BYTES, arena),
              CodecCorpus.text(repository(place), TEXT_BYTES, arena));
      CodecCorpus random = CodecCorpus.random(RANDOM_BYTES, arena);
      List<CodecCorpus.Block> mixed = new ArrayList<>();
      shrinking.forEach(corpus -> mixed.addAll(corpus.blocks()));
      CodecCorpus all = new CodecCorpus("JDK, executables, text", mixed);

      Map<String, Codec> named = new LinkedHashMap<>();
      named.put("lz4", codecs.get(Lz4Codec.ID));
      named.put("snappy", codecs.get(SnappyCodec.ID));
      named.put("zstd:1", codecs.get(ZstdCodec.ID));
      named.put("zstd:" + BETTER_LEVEL, better.get(ZstdCodec.ID));
      named.put("gzip", codecs.get(GzipCodec.ID));
      ratios(named, shrinking, report);
      speeds(named, all, report);
      capacities(codecs, all, shrinking, random, report);
      costOfNoise(codecs, random, report);
    }
  }

  private static Path repository(WorkPlace place) {
    return Objects.requireNonNull(place.launcher().toAbsolutePath().getParent());
  }

  private static void ratios(Map<String, Codec> named, List<CodecCorpus> corpora, Report report) {
    for (CodecCorpus corpus : corpora) {
      report.add(corpus.name() + " raw MiB", corpus.rawBytes() / MEBIBYTE);
      for (Map.Entry<String, Codec> codec : named.entrySet()) {
        String stored = corpus.name() + " " + codec.getKey() + " MiB";
        try (Arena arena = Arena.ofConfined()) {
          Stored blocks = new Stored(codec.getValue(), corpus, arena);
          blocks.verify(arena.allocate(BlockGeometry.BLOCK_SIZE_DEFAULT));
          report.add(stored, blocks.bytes() / MEBIBYTE);
        }
        report.ratio(
            corpus.name() + ", " + codec.getKey() + ": raw against stored",
            corpus.name() + " raw MiB",
            stored);
      }
    }
  }

  /** In turns, after a round that only warms up. */
  private static void speeds(Map<String, Codec> named, CodecCorpus corpus, Report report) {
    for (int round = 0; round <= ROUNDS; round++) {
      report.progress(round == 0 ? "warming up" : "round " + round + " of " + ROUNDS);
      for (Map.Entry<String, Codec> codec : named.entrySet()) {
        try (Arena arena = Arena.ofConfined()) {
          Stored stored = new Stored(codec.getValue(), corpus, arena);
          long expandNanos = stored.expand(arena.allocate(BlockGeometry.BLOCK_SIZE_DEFAULT));
          if (round > 0) {
            report.add(codec.getKey() + " compress", megabytes(corpus, stored.nanos()));
            report.add(codec.getKey() + " expand", megabytes(corpus, expandNanos));
          }
        }
      }
    }
    for (String codec : named.keySet()) {
      report.ratio(codec + ": compress, MB/s against lz4", codec + " compress", "lz4 compress");
    }
    for (String codec : named.keySet()) {
      report.ratio(codec + ": expand, MB/s against lz4", codec + " expand", "lz4 expand");
    }
  }

  private static void capacities(
      Codecs codecs,
      CodecCorpus all,
      List<CodecCorpus> shrinking,
      CodecCorpus random,
      Report report) {
    for (int codec : new int[] {Lz4Codec.ID, ZstdCodec.ID}) {
      String tier = codec == Lz4Codec.ID ? "auto in RAM (lz4)" : "auto on SSD (zstd:1)";
      for (CodecCorpus corpus : shrinking) {
        String name = tier + ", capacity for " + corpus.name();
        report.add(name, capacity(codecs, codec, corpus));
        report.atLeast(name, name, 1);
      }
      String mixed = tier + ", capacity for all of these";
      report.add(mixed, capacity(codecs, codec, all));
      report.atLeast(mixed, mixed, 1.5);
      String noise = tier + ", capacity for random bytes";
      report.add(noise, capacity(codecs, codec, random));
      report.atLeast(noise, noise, 0.97);
    }
  }

  private static double capacity(Codecs codecs, int codecId, CodecCorpus corpus) {
    BlockEncoder encoder = new BlockEncoder(CodecChoice.adaptive(codecId), codecs, new Meters());
    long kept = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(BlockGeometry.BLOCK_SIZE_DEFAULT);
      for (CodecCorpus.Block block : corpus.blocks()) {
        long rawSize = block.raw().byteSize();
        int storedSize = encoder.encode(block.fileId(), block.raw(), target, rawSize);
        kept += Math.ceilDiv(storedSize < 0 ? rawSize : storedSize, PAGE) * PAGE;
      }
    }
    return (double) corpus.rawBytes() / kept;
  }

  /** What the look at blocks that do not shrink costs, against compressing each in vain. */
  private static void costOfNoise(Codecs codecs, CodecCorpus random, Report report) {
    for (int round = 0; round <= ROUNDS; round++) {
      for (int codec : new int[] {Lz4Codec.ID, ZstdCodec.ID}) {
        for (boolean adaptive : new boolean[] {false, true}) {
          String name = noiseName(codec, adaptive);
          long nanos = encodeNanos(codecs, new CodecChoice(codec, adaptive), random);
          if (round > 0) {
            report.add(name, megabytes(random, nanos));
          }
        }
      }
    }
    report.ratio(
        "lz4, random bytes: adaptive against each block tried, MB/s",
        noiseName(Lz4Codec.ID, true),
        noiseName(Lz4Codec.ID, false));
    report.ratio(
        "zstd:1, random bytes: adaptive against each block tried, MB/s",
        noiseName(ZstdCodec.ID, true),
        noiseName(ZstdCodec.ID, false));
  }

  private static String noiseName(int codec, boolean adaptive) {
    return "random bytes, codec " + codec + (adaptive ? ", adaptive" : ", each tried");
  }

  private static long encodeNanos(Codecs codecs, CodecChoice choice, CodecCorpus corpus) {
    BlockEncoder encoder = new BlockEncoder(choice, codecs, new Meters());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(BlockGeometry.BLOCK_SIZE_DEFAULT);
      long start = cpuNanos();
      for (CodecCorpus.Block block : corpus.blocks()) {
        encoder.encode(block.fileId(), block.raw(), target, block.raw().byteSize());
      }
      return cpuNanos() - start;
    }
  }

  private static double megabytes(CodecCorpus corpus, long nanos) {
    return corpus.rawBytes() * 1e3 / nanos;
  }

  /** What the calling thread has had of a CPU: other work on the machine does not count. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** A corpus as one codec stores it. */
  private static final class Stored {
    private final Codec codec;
    private final CodecCorpus corpus;
    private final MemorySegment[] stored;
    private final long nanos;

    Stored(Codec codec, CodecCorpus corpus, Arena arena) {
      this.codec = codec;
      this.corpus = corpus;
      stored = new MemorySegment[corpus.blocks().size()];
      int sizeMax = codec.storedSizeMax(BlockGeometry.BLOCK_SIZE_DEFAULT);
      for (int i = 0; i < stored.length; i++) {
        stored[i] = arena.allocate(sizeMax);
      }
      long start = cpuNanos();
      for (int i = 0; i < stored.length; i++) {
        stored[i] = stored[i].asSlice(0, codec.compress(corpus.blocks().get(i).raw(), stored[i]));
      }
      nanos = cpuNanos() - start;
    }

    /** How long the compressing took. */
    long nanos() {
      return nanos;
    }

    long bytes() {
      return Stream.of(stored).mapToLong(MemorySegment::byteSize).sum();
    }

    /** Expands everything; returns how long that took. */
    long expand(MemorySegment target) {
      long start = cpuNanos();
      for (int i = 0; i < stored.length; i++) {
        long rawSize = corpus.blocks().get(i).raw().byteSize();
        if (!codec.expand(stored[i], target.asSlice(0, rawSize))) {
          throw new IllegalStateException("block " + i + " is refused by " + codec.name());
        }
      }
      return cpuNanos() - start;
    }

    /** Compares every byte. */
    void verify(MemorySegment target) {
      for (int i = 0; i < stored.length; i++) {
        MemorySegment raw = corpus.blocks().get(i).raw();
        MemorySegment expanded = target.asSlice(0, raw.byteSize());
        if (!codec.expand(stored[i], expanded) || expanded.mismatch(raw) != -1) {
          throw new IllegalStateException("block " + i + " is another after " + codec.name());
        }
      }
    }
  }
}
