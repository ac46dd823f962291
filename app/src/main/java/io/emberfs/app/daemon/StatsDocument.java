package io.emberfs.app.daemon;

import io.emberfs.core.Histogram;
import io.emberfs.core.Meters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The meters as the tree that scripts rely on: every key of the contract is there, with 0 where
 * nobody counts, and whatever else is counted beside it.
 */
final class StatsDocument {
  private static final double NANOS_PER_MICRO = 1000;
  private static final double PRECISION = 1000;
  private static final String TROUBLE = ".trouble";

  /** Keys that are there also when nobody counts, in the order in which they are printed. */
  private static final List<String> KEYS =
      Stream.of(
              below("reads", "requests", "bytes"),
              below("reads.hitBlocks", "ram", "vram", "ssd", "peer"),
              below("reads", "missBlocks"),
              below("writes", "requests", "bytes"),
              below("backing", "reads", "readBytes", "writes", "writeBytes", "syncs", "errors"),
              below(
                  "prefetch",
                  "issuedBlocks",
                  "usedBlocks",
                  "lateBlocks",
                  "wastedBlocks",
                  "issuedBytes",
                  "throttled"),
              below(
                  "tiers.ram",
                  "capacityBytes",
                  "usedBytes",
                  "logicalBytes",
                  "blocks",
                  "evictions",
                  "quarantined"),
              below(
                  "tiers.ssd",
                  "capacityBytes",
                  "usedBytes",
                  "logicalBytes",
                  "blocks",
                  "evictions",
                  "quarantined"),
              below(
                  "tiers.vram",
                  "capacityBytes",
                  "usedBytes",
                  "logicalBytes",
                  "blocks",
                  "evictions"),
              below("dirty", "bytes", "oldestSeconds"),
              below(
                  "integrity",
                  "checksumFailures",
                  "versionDrops",
                  "scrubbedBlocks",
                  "repairedBlocks"),
              below("latencyMicros.read", "p50", "p99"),
              below("latencyMicros.write", "p50", "p99"),
              below("latencyMicros.fsync", "p50", "p99"),
              below("cpuSeconds", "total", "predictor"))
          .flatMap(keys -> keys)
          .toList();

  private StatsDocument() {}

  static Map<String, Object> of(
      Meters meters, double uptimeSeconds, String transportName, String transportReason) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("uptimeSeconds", rounded(uptimeSeconds));
    tree.put("transport", transportName);
    tree.put("transportReason", transportReason);
    KEYS.forEach(key -> put(tree, key, 0L));
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String name, long value) {
            put(tree, name, value);
          }

          @Override
          public void ratio(String name, double value) {
            put(tree, name, rounded(value));
          }

          @Override
          public void text(String name, String value) {
            put(tree, name, value);
          }

          @Override
          public void histogram(String name, Histogram histogram) {
            put(tree, name + ".p50", micros(histogram, 0.5));
            put(tree, name + ".p99", micros(histogram, 0.99));
          }
        });
    return tree;
  }

  /** What does not work as it should: a part of the mount, and why; none in good times. */
  static List<String> troubles(Meters meters) {
    List<String> troubles = new ArrayList<>();
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String name, long value) {}

          @Override
          public void ratio(String name, double value) {}

          @Override
          public void histogram(String name, Histogram histogram) {}

          @Override
          public void text(String name, String value) {
            if (name.endsWith(TROUBLE) && !value.isEmpty()) {
              String part = name.substring(0, name.length() - TROUBLE.length());
              troubles.add(part.substring(part.lastIndexOf('.') + 1) + ": " + value);
            }
          }
        });
    return troubles;
  }

  private static Stream<String> below(String branch, String... leaves) {
    return Stream.of(leaves).map(leaf -> branch + "." + leaf);
  }

  /**
   * A name that would need a number to be a branch, or a branch to be a number, stands whole at the
   * top.
   */
  private static void put(Map<String, Object> tree, String name, Object value) {
    Map<String, Object> branch = tree;
    String[] parts = name.split("\\.");
    for (int i = 0; i < parts.length - 1; i++) {
      Object next = branch.computeIfAbsent(parts[i], _ -> new LinkedHashMap<String, Object>());
      if (!(next instanceof Map<?, ?>)) {
        tree.put(name, value);
        return;
      }
      branch = asBranch(next);
    }
    String leaf = parts[parts.length - 1];
    if (branch.get(leaf) instanceof Map<?, ?>) {
      tree.put(name, value);
    } else {
      branch.put(leaf, value);
    }
  }

  @SuppressWarnings("unchecked") // Every map in the tree was made by put().
  private static Map<String, Object> asBranch(Object next) {
    return (Map<String, Object>) next;
  }

  private static double micros(Histogram histogram, double share) {
    return rounded(histogram.percentileNanos(share) / NANOS_PER_MICRO);
  }

  /** Three decimals; what is no number becomes 0, for JSON has no word for it. */
  private static double rounded(double value) {
    return Double.isFinite(value) ? Math.round(value * PRECISION) / PRECISION : 0;
  }
}
