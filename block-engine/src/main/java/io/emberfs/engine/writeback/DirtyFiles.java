package io.emberfs.engine.writeback;

import io.emberfs.core.NodeIdentity;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The files in use or dirty, each once. Any thread; no lock but the map's own, and that is never
 * held for a call to somebody else.
 */
final class DirtyFiles {
  private final Map<NodeIdentity, DirtyFile> byIdentity = new ConcurrentHashMap<>();
  private final DirtyMemory memory;

  DirtyFiles(DirtyMemory memory) {
    this.memory = memory;
  }

  /** The file, in use until {@link #release}. */
  DirtyFile acquire(NodeIdentity identity) {
    return byIdentity.compute(
        identity,
        (_, present) -> {
          DirtyFile file = present == null ? new DirtyFile(identity, memory) : present;
          file.used(1);
          return file;
        });
  }

  /** Ends a use. A file that nobody uses, and that is not dirty, is forgotten. */
  void release(DirtyFile file) {
    byIdentity.computeIfPresent(
        file.identity(),
        (_, present) -> {
          present.used(-1);
          return present.users() == 0 && !present.isDirty() ? null : present;
        });
  }

  /** The file if it is in use or dirty. */
  @Nullable DirtyFile find(NodeIdentity identity) {
    return byIdentity.get(identity);
  }

  /** All of them, as they are while they are gone through. */
  Collection<DirtyFile> all() {
    return byIdentity.values();
  }

  /** The dirty file that has waited longest, and is not being flushed; null if there is none. */
  @Nullable DirtyFile oldest() {
    DirtyFile oldest = null;
    for (DirtyFile each : byIdentity.values()) {
      boolean isOlder =
          each.isDirty()
              && (oldest == null || each.dirtySinceNanos() - oldest.dirtySinceNanos() < 0);
      if (isOlder) {
        oldest = each;
      }
    }
    return oldest;
  }

  /** The first record that any file needs; {@link DirtyFile#NO_SEQUENCE} if none does. */
  long firstSequence() {
    long first = DirtyFile.NO_SEQUENCE;
    for (DirtyFile each : byIdentity.values()) {
      first = Math.min(first, each.firstSequence());
    }
    return first;
  }

  /** Number of dirty files. */
  long count() {
    return byIdentity.values().stream().filter(DirtyFile::isDirty).count();
  }

  /** Bytes of memory that dirty pages take up. */
  long bytes() {
    return memory.usedBytes();
  }
}
