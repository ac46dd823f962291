package io.emberfs.engine.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.engine.prefetch.PrefetchQueue.Candidate;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PrefetchQueueTest {
  private final PrefetchQueue queue = new PrefetchQueue(4);

  @Test
  void theMostProbableIsTakenFirstAndAmongEqualOnesTheOldest() {
    queue.offer(candidate(10, 1, 0.5f));
    queue.offer(candidate(20, 1, 0.9f));
    queue.offer(candidate(30, 1, 0.5f));
    assertThat(drain()).extracting(Candidate::firstBlockIndex).containsExactly(20L, 10L, 30L);
  }

  @Test
  void aLongCandidateIsTakenInParts() {
    queue.offer(candidate(10, 5, 0.5f));
    assertThat(queue.take(2)).isEqualTo(candidate(10, 2, 0.5f));
    assertThat(queue.take(9)).isEqualTo(candidate(12, 3, 0.5f));
    assertThat(queue.take(9)).isNull();
  }

  @Test
  void whatWaitsAlreadyIsNotAddedAgain() {
    queue.offer(candidate(10, 4, 0.5f));
    queue.offer(candidate(12, 4, 0.9f));
    queue.offer(candidate(11, 2, 0.9f));
    queue.offer(new Candidate(2, 11, 2, 0, 0.1f));
    assertThat(drain())
        .containsExactly(
            candidate(14, 2, 0.9f), candidate(10, 4, 0.5f), new Candidate(2, 11, 2, 0, 0.1f));
  }

  @Test
  void aFullQueueGivesBackTheLeastProbable() {
    for (int i = 0; i < 4; i++) {
      assertThat(queue.offer(candidate(10L * i, 1, 0.5f))).isNull();
    }
    assertThat(queue.offer(candidate(100, 1, 0.4f))).isEqualTo(candidate(100, 1, 0.4f));
    assertThat(queue.offer(candidate(200, 1, 0.6f))).isEqualTo(candidate(30, 1, 0.5f));
    assertThat(drain()).hasSize(4);
  }

  @Test
  void whatWasDemandedIsCutOff() {
    queue.offer(candidate(10, 4, 0.9f));
    queue.offer(candidate(20, 4, 0.8f));
    queue.offer(candidate(30, 1, 0.7f));
    queue.demanded(1, 9, 12);
    queue.demanded(1, 22, 30);
    queue.demanded(1, 30, 31);
    queue.demanded(2, 0, 100);
    assertThat(drain()).containsExactly(candidate(12, 2, 0.9f), candidate(20, 2, 0.8f));
  }

  @Test
  void aChangedFileLosesWhatWaits() {
    queue.offer(candidate(10, 4, 0.9f));
    queue.offer(new Candidate(2, 10, 4, 0, 0.5f));
    queue.drop(1);
    assertThat(drain()).containsExactly(new Candidate(2, 10, 4, 0, 0.5f));
  }

  @Test
  void aCandidateThatWaitedForThousandsOfAccessesIsDropped() {
    queue.offer(candidate(10, 4, 0.9f));
    for (int i = 0; i < 4000; i++) {
      queue.demanded(9, 0, 1);
    }
    queue.offer(candidate(20, 4, 0.9f));
    for (int i = 0; i < 1000; i++) {
      queue.demanded(9, 0, 1);
    }
    assertThat(queue.dropStale()).containsExactly(candidate(10, 4, 0.9f));
    assertThat(drain()).containsExactly(candidate(20, 4, 0.9f));
  }

  @Test
  void noBlockWaitsTwiceWhateverIsDone() {
    Seeds.check(random -> {
      PrefetchQueue busy = new PrefetchQueue(16);
      for (int round = 0; round < 200; round++) {
        for (int i = random.nextInt(20); i > 0; i--) {
          long first = random.nextLong(60);
          if (random.nextInt(4) == 0) {
            busy.demanded(1, first, first + 1 + random.nextInt(5));
          } else {
            busy.offer(new Candidate(1, first, 1 + random.nextInt(12), 0, random.nextFloat()));
          }
        }
        Set<BlockKey> seen = new HashSet<>();
        for (Candidate c = busy.take(5); c != null; c = busy.take(5)) {
          assertThat(c.blockCount()).isBetween(1, 5);
          for (long block = c.firstBlockIndex(); block < c.endBlockIndex(); block++) {
            assertThat(seen.add(new BlockKey(c.fileId(), block))).isTrue();
          }
        }
      }
    });
  }

  private static Candidate candidate(long firstBlock, int count, float probability) {
    return new Candidate(1, firstBlock, count, 0, probability);
  }

  private List<Candidate> drain() {
    List<Candidate> taken = new ArrayList<>();
    for (Candidate c = queue.take(64); c != null; c = queue.take(64)) {
      taken.add(c);
    }
    return taken;
  }
}
