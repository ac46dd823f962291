package io.emberfs.predictor.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.testkit.PrefetcherContract;
import io.emberfs.testkit.RecordingCandidates;
import io.emberfs.testkit.RecordingCandidates.Proposal;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.TestAccesses;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class StreamPrefetcherTest extends PrefetcherContract {
  private static final long LARGE = 1L << 30;

  private final StreamPrefetcher prefetcher = new StreamPrefetcher(GEOMETRY);
  private final RecordingCandidates candidates = new RecordingCandidates();

  @Override
  protected Prefetcher create() {
    return new StreamPrefetcher(GEOMETRY);
  }

  @Test
  void oneAccessAloneProposesNothing() {
    read(1, 0, BLOCK);
    read(1, 77L * BLOCK, BLOCK);
    assertThat(candidates.proposals()).isEmpty();
  }

  @Test
  void aReaderFromTheStartOfAFileIsBelievedAtItsSecondTouch() {
    read(1, 0, BLOCK);
    read(1, BLOCK, BLOCK);
    assertThat(candidates.blocks()).startsWith(new BlockKey(1, 2), new BlockKey(1, 3));
  }

  @Test
  void twoHalvesOfARandomRecordAreNoStream() {
    for (int i = 1; i < 1000; i++) {
      long record = i * 7919L % 16000 * BLOCK;
      read(1, record, 4096);
      read(1, record + 4096, 4096);
    }
    assertThat(candidates.proposals()).isEmpty();
  }

  @Test
  void aConfirmedStreamOfSmallReadsAlsoFetchesTheRestOfItsBlock() {
    for (int i = 0; i < 3; i++) {
      read(1, 10L * BLOCK + i * 4096L, 4096);
    }
    assertThat(candidates.blocks()).startsWith(new BlockKey(1, 10), new BlockKey(1, 11));
  }

  @Test
  void everyBlockOfALongStreamIsProposedOnceAndBeforeItIsRead() {
    int blocks = 500;
    for (int i = 0; i < blocks; i++) {
      if (i >= 2) {
        assertThat(candidates.blocks()).contains(new BlockKey(1, i));
      }
      read(1, (long) i * BLOCK, BLOCK);
    }
    assertThat(candidates.blockCount()).isEqualTo(candidates.blocks().size());
  }

  @Test
  void theWindowGrowsUpToItsBoundInBytes() {
    for (int i = 0; i < 500; i++) {
      read(1, (long) i * BLOCK, BLOCK);
    }
    long ahead =
        candidates.blocks().stream().mapToLong(BlockKey::blockIndex).max().orElseThrow() - 499;
    assertThat(ahead).isBetween(16L, 32L);
    prefetcher.tunables().getFirst().turn(4 * BLOCK);
    candidates.clear();
    for (int i = 500; i < 600; i++) {
      read(1, (long) i * BLOCK, BLOCK);
    }
    assertThat(candidates.proposals()).isNotEmpty();
    assertThat(candidates.proposals()).allMatch(p -> p.blockCount() <= 4);
  }

  @Test
  void aWindowOfNothingIsSilence() {
    prefetcher.tunables().getFirst().turn(0);
    for (int i = 0; i < 100; i++) {
      read(1, (long) i * BLOCK, BLOCK);
    }
    assertThat(candidates.proposals()).isEmpty();
  }

  @Test
  void sixtyFourInterleavedStreamsAreAllFollowed() {
    int streams = 64;
    for (int i = 0; i < 50; i++) {
      for (int stream = 0; stream < streams; stream++) {
        long block = stream * 200L + i;
        if (i >= 4) {
          assertThat(candidates.blocks()).contains(new BlockKey(1, block));
        }
        read(1, block * BLOCK, BLOCK);
      }
    }
  }

  @Test
  void aReverseReaderIsFollowedDownToTheStartOfTheFile() {
    for (long block = 100; block >= 0; block--) {
      read(1, block * BLOCK, BLOCK);
    }
    assertThat(candidates.blocks())
        .containsAll(LongStream.range(0, 97).mapToObj(b -> new BlockKey(1, b)).toList())
        .allMatch(key -> key.blockIndex() < 100);
  }

  @Test
  void equalStepsAreFollowedAndOnlyTheirPiecesProposed() {
    for (int i = 0; i < 40; i++) {
      read(1, 10L * BLOCK * i, 4096);
    }
    assertThat(candidates.blocks())
        .allMatch(key -> key.blockIndex() % 10 == 0)
        .containsAll(LongStream.range(5, 40).mapToObj(i -> new BlockKey(1, 10 * i)).toList());
  }

  @Test
  void swappedNeighboursDoNotBreakAStream() {
    for (int i = 0; i < 100; i += 2) {
      read(1, (i + 1L) * BLOCK, BLOCK);
      read(1, (long) i * BLOCK, BLOCK);
    }
    assertThat(candidates.blocks()).contains(new BlockKey(1, 50), new BlockKey(1, 99));
  }

  @Test
  void streamsThatAlwaysStopSoonAreNotReadFarAhead() {
    Seeds.check(random -> {
      StreamPrefetcher learner = new StreamPrefetcher(GEOMETRY);
      long used = 0;
      long issued = 0;
      for (int run = 0; run < 3000; run++) {
        long start = random.nextLong(LARGE / BLOCK - 8);
        candidates.clear();
        for (int i = 0; i < 4; i++) {
          learner.onAccess(TestAccesses.read(1, (start + i) * BLOCK, BLOCK, LARGE));
          learner.candidates(candidates);
        }
        if (run >= 500) {
          issued += candidates.blockCount();
          used +=
              candidates.blocks().stream()
                  .filter(key -> key.blockIndex() < start + 4 && key.blockIndex() >= start)
                  .count();
        }
      }
      assertThat(issued).isLessThan(2 * used + 100);
    });
  }

  @Test
  void wasteNarrowsTheWindow() {
    for (int i = 0; i < 200; i++) {
      read(1, (long) i * BLOCK, BLOCK);
    }
    for (int i = 0; i < 8; i++) {
      prefetcher.onOutcome(1, 201 + i, 0, Outcome.WASTED);
    }
    candidates.clear();
    for (long block = 200; candidates.proposals().isEmpty(); block++) {
      read(1, block * BLOCK, BLOCK);
    }
    assertThat(candidates.proposals()).extracting(Proposal::blockCount).allMatch(n -> n <= 2);
  }

  @Test
  void writesTeachNothing() {
    for (int i = 0; i < 100; i++) {
      prefetcher.onAccess(TestAccesses.write(1, (long) i * BLOCK, BLOCK, LARGE));
    }
    prefetcher.candidates(candidates);
    assertThat(candidates.proposals()).isEmpty();
  }

  private void read(long fileId, long offset, int length) {
    prefetcher.onAccess(TestAccesses.read(fileId, offset, length, LARGE));
    prefetcher.candidates(candidates);
  }
}
