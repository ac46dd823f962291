package io.emberfs.engine.prefetch;

import io.emberfs.core.BlockKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Loads blocks into a set that only grows, and remembers every call. */
final class FakeBlockLoader implements BlockLoader {
  final List<Call> calls = new ArrayList<>();
  final Set<BlockKey> cached = new HashSet<>();
  final Set<Long> goneFiles = new HashSet<>();

  record Call(long fileId, long firstBlockIndex, int blockCount) {}

  @Override
  public Result load(long fileId, long firstBlockIndex, int blockCount) {
    calls.add(new Call(fileId, firstBlockIndex, blockCount));
    if (goneFiles.contains(fileId)) {
      return Result.GONE;
    }
    long fetched = 0;
    for (int i = 0; i < blockCount; i++) {
      if (cached.add(new BlockKey(fileId, firstBlockIndex + i))) {
        fetched |= 1L << i;
      }
    }
    return new Result(Status.DONE, fetched);
  }
}
