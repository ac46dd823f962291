package io.emberfs.engine.read;

import io.emberfs.core.Access;
import io.emberfs.core.BackingNode;
import io.emberfs.engine.file.FileState;

/**
 * What stays the same for all loads of one demand read, and the slowest source that they needed.
 */
final class LoadRequest {
  final FileState state;
  final BackingNode node;
  final long fileGeneration;
  final long fileSize;
  final long end;
  final boolean sequential;
  final long aheadBytes;
  private Access.Source slowest = Access.Source.RAM;

  /**
   * @param end offset behind the last byte that the read wants
   * @param sequential whether the read went on where the last one of this open ended
   * @param aheadBytes how much behind the end is worth fetching along
   */
  LoadRequest(
      FileState state,
      BackingNode node,
      long fileGeneration,
      long fileSize,
      long end,
      boolean sequential,
      long aheadBytes) {
    this.state = state;
    this.node = node;
    this.fileGeneration = fileGeneration;
    this.fileSize = fileSize;
    this.end = end;
    this.sequential = sequential;
    this.aheadBytes = aheadBytes;
  }

  void needed(Access.Source source) {
    if (source.compareTo(slowest) > 0) {
      slowest = source;
    }
  }

  Access.Source slowest() {
    return slowest;
  }
}
