package io.emberfs.system;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a mount at one moment.
 *
 * @param tree as {@code stats --json} prints it
 */
record Stats(Map<?, ?> tree) {
  /** The whole number with this dotted name. */
  long count(String name) {
    @Nullable Object node = tree;
    for (String part : name.split("\\.")) {
      node = node instanceof Map<?, ?> branch ? branch.get(part) : null;
    }
    if (node instanceof Number number) {
      return number.longValue();
    }
    throw new AssertionError("stats have no number " + name + ": " + tree);
  }

  /** Data bytes read from the backing since the mount. */
  long backingReadBytes() {
    return count("backing.readBytes");
  }

  /** Blocks that a tier answered. */
  long hitBlocks() {
    return count("reads.hitBlocks.ram") + count("reads.hitBlocks.ssd");
  }

  /** Blocks that the backing had to answer. */
  long missBlocks() {
    return count("reads.missBlocks");
  }
}
