package io.emberfs.engine.writeback;

import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * The versions that the backing may show of a file after the last change of ours: more than one
 * only after a crash. None if that is not known, as in the middle of a flush. Guarded by the file's
 * lock.
 */
final class BaseVersions {
  private List<FileVersion> versions = List.of();

  /** Whether a power cut may have taken the first of them away, and left an older version. */
  private boolean mayFallBack;

  /** While records are replayed: the versions as far as they are known, whatever is under way. */
  private final List<FileVersion> replayed = new ArrayList<>();

  /** Empty if all count. */
  List<FileVersion> versions() {
    return versions;
  }

  /** Whether the backing shows our last change, as far as that is known. */
  boolean has(FileVersion version) {
    return versions.isEmpty()
        || versions.contains(version)
        || mayFallBack && version.ctimeNanos() < versions.getFirst().ctimeNanos();
  }

  void set(FileVersion version) {
    versions = List.of(version);
    mayFallBack = false;
  }

  /** What our last change made of the version is not known. */
  void lose() {
    versions = List.of();
  }

  void replayNamed(JournalRecord.Named named) {
    if (named.isDurable()) {
      replayed.clear();
    }
    mayFallBack = replayed.isEmpty() ? !named.isDurable() : mayFallBack;
    replayed.add(named.version());
    versions = List.copyOf(replayed);
  }

  void replayFlushing(FileVersion seen) {
    replayed.add(seen);
    lose();
  }

  void replayFlushed() {
    replayed.clear();
    lose();
  }
}
