package io.emberfs.engine.writeback;

import io.emberfs.core.NodeIdentity;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files in use or dirty, each once. Any thread; no lock but the map's own, and that is never
 * held for a call to somebody else.
 */
final class DirtyFiles {
  private static final int UNSYNCED_FILES_MAX = 16 << 10;

  private final ConcurrentHashMap<NodeIdentity, DirtyFile> byIdentity = new ConcurrentHashMap<>();
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
          file.users++;
          return file;
        });
  }

  /** Ends a use. A file that nobody uses, and of which nothing has to be known, is forgotten. */
  void release(DirtyFile file) {
    byIdentity.computeIfPresent(
        file.identity(),
        (_, present) -> {
          present.users--;
          return present.users == 0 && isForgettable(present) ? null : present;
        });
  }

  /**
   * What reached the backing unsynced is remembered, for what is written next must not outlive it:
   * as long as such files are few, and they are, for few changes take that way.
   */
  private boolean isForgettable(DirtyFile file) {
    return !file.isDirty()
        && (!file.below().hasUnsyncedBytes() || byIdentity.mappingCount() > UNSYNCED_FILES_MAX);
  }

  /** The file if it is in use or dirty. */
  @Nullable DirtyFile find(NodeIdentity identity) {
    return byIdentity.get(identity);
  }

  /** All of them, as they are while they are gone through. */
  Collection<DirtyFile> all() {
    return byIdentity.values();
  }

  /**
   * The file that whoever needs memory is to flush: the one that has waited longest, if possible
   * one that nobody is flushing; null if each failed just now, or none is dirty.
   */
  @Nullable DirtyFile oldest(long nanos) {
    DirtyFile oldest = null;
    for (DirtyFile each : byIdentity.values()) {
      boolean mayBe = each.mayFlush(nanos) || each.isDirty() && each.isFlushing();
      if (mayBe && (oldest == null || comesBefore(each, oldest))) {
        oldest = each;
      }
    }
    return oldest;
  }

  private static boolean comesBefore(DirtyFile one, DirtyFile other) {
    return one.isFlushing() == other.isFlushing()
        ? one.dirtySinceNanos() - other.dirtySinceNanos() < 0
        : other.isFlushing();
  }

  /** For how long the oldest change has waited. */
  long oldestAgeNanos(long nanos) {
    long age = 0;
    for (DirtyFile each : byIdentity.values()) {
      age = each.isDirty() ? Math.max(age, nanos - each.dirtySinceNanos()) : age;
    }
    return age;
  }

  /** The first record that any file needs; {@link DirtyFile#NO_SEQUENCE} if none does. */
  long firstSequence() {
    long first = DirtyFile.NO_SEQUENCE;
    for (DirtyFile each : byIdentity.values()) {
      first = Math.min(first, each.firstSequence());
    }
    return first;
  }

  /** Which files are dirty. */
  Set<NodeIdentity> dirtyIdentities() {
    return byIdentity.values().stream()
        .filter(DirtyFile::isDirty)
        .map(DirtyFile::identity)
        .collect(Collectors.toSet());
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
