package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class UserSharesTest {
  private static final int SHARE = 3;
  private static final int GREEDY = 1000;
  private static final int OTHER = 1001;

  private final FakeWorkers workers = new FakeWorkers();
  private final UserShares shares = new UserShares(workers, SHARE);
  private final List<String> done = new ArrayList<>();

  @Test
  void aUserWithManyTasksLeavesRoomForAnotherOne() {
    for (int i = 0; i < 10; i++) {
      execute(GREEDY, "greedy " + i);
    }
    execute(OTHER, "other");

    assertThat(workers.waiting()).isEqualTo(SHARE + 1);
    workers.runAll();
    assertThat(done.indexOf("other")).isEqualTo(SHARE);
    assertThat(done).hasSize(11);
  }

  @Test
  void theTasksOfAUserBeginInTheOrderOfTheCalls() {
    for (int i = 0; i < 10; i++) {
      execute(GREEDY, "" + i);
    }
    workers.runAll();

    assertThat(done).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(shares.userCount()).isZero();
  }

  @Test
  void rootHasNoBound() {
    for (int i = 0; i < 10; i++) {
      execute(0, "root " + i);
    }
    assertThat(workers.waiting()).isEqualTo(10);
  }

  @Test
  void aTaskThatFailsGivesItsPlaceToTheNextOne() {
    for (int i = 0; i < SHARE; i++) {
      shares.execute(
          GREEDY,
          () -> {
            throw new IllegalStateException("planted");
          });
    }
    execute(GREEDY, "next");
    for (int i = 0; i < SHARE; i++) {
      assertThatThrownBy(workers::runAll).hasMessage("planted");
    }
    workers.runAll();

    assertThat(done).containsExactly("next");
    assertThat(shares.userCount()).isZero();
  }

  @Test
  void whatTheWorkersRefuseIsTheCallersAndTakesNoPlace() {
    workers.isFull = true;
    for (int i = 0; i < 2 * SHARE; i++) {
      assertThat(shares.execute(GREEDY, () -> {})).isFalse();
    }
    assertThat(shares.userCount()).isZero();
  }

  @Test
  void whatWaitsIsRunAlsoWhenTheWorkersHaveBecomeFull() {
    for (int i = 0; i < 10; i++) {
      execute(GREEDY, "" + i);
    }
    workers.isFull = true;
    workers.runAll();

    assertThat(done).hasSize(10);
    assertThat(shares.userCount()).isZero();
  }

  private void execute(int uid, String name) {
    assertThat(shares.execute(uid, () -> done.add(name))).isTrue();
  }
}
