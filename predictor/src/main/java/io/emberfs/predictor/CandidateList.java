package io.emberfs.predictor;

import io.emberfs.core.Prefetcher.CandidateSink;

/**
 * A bounded list of proposals in the order of their probability. When it is full the least probable
 * one is lost. One thread.
 */
public final class CandidateList implements CandidateSink {
  private final long[] fileIds;
  private final long[] firstBlocks;
  private final int[] blockCounts;
  private final int[] components;
  private final float[] probabilities;
  private int size;

  /**
   * @param capacity proposals held at most
   */
  public CandidateList(int capacity) {
    fileIds = new long[capacity];
    firstBlocks = new long[capacity];
    blockCounts = new int[capacity];
    components = new int[capacity];
    probabilities = new float[capacity];
  }

  /** Keeps a proposal; among equal ones the older stays in front. */
  @Override
  public void propose(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    int at = size;
    while (at > 0 && probabilities[at - 1] < probability) {
      at--;
    }
    if (at == fileIds.length) {
      return;
    }
    int moved = Math.min(size, fileIds.length - 1) - at;
    System.arraycopy(fileIds, at, fileIds, at + 1, moved);
    System.arraycopy(firstBlocks, at, firstBlocks, at + 1, moved);
    System.arraycopy(blockCounts, at, blockCounts, at + 1, moved);
    System.arraycopy(components, at, components, at + 1, moved);
    System.arraycopy(probabilities, at, probabilities, at + 1, moved);
    fileIds[at] = fileId;
    firstBlocks[at] = firstBlockIndex;
    blockCounts[at] = blockCount;
    components[at] = component;
    probabilities[at] = probability;
    size = Math.min(size + 1, fileIds.length);
  }

  /**
   * Hands everything over, best first, and is empty then. A range that a better proposal covers is
   * cut off; of a range with a better proposal in its middle the front remains.
   */
  public void drainTo(CandidateSink sink) {
    for (int i = 0; i < size; i++) {
      cutBetter(i);
      if (blockCounts[i] > 0) {
        sink.propose(fileIds[i], firstBlocks[i], blockCounts[i], components[i], probabilities[i]);
      }
    }
    size = 0;
  }

  /** Number of proposals held. */
  public int size() {
    return size;
  }

  private void cutBetter(int index) {
    long first = firstBlocks[index];
    long end = first + blockCounts[index];
    for (int i = 0; i < index && first < end; i++) {
      long otherFirst = firstBlocks[i];
      long otherEnd = otherFirst + blockCounts[i];
      if (fileIds[i] != fileIds[index] || otherEnd <= first || end <= otherFirst) {
        continue;
      }
      if (otherFirst <= first) {
        first = Math.min(otherEnd, end);
      } else {
        end = otherFirst;
      }
    }
    firstBlocks[index] = first;
    blockCounts[index] = (int) (end - first);
  }
}
