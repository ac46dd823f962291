package io.emberfs.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContextPoolTest {
  private final List<Object> made = new ArrayList<>();
  private final List<Object> freed = new ArrayList<>();
  private final ContextPool<Object> pool =
      new ContextPool<>(
          "test",
          () -> {
            made.add(new Object());
            return made.getLast();
          },
          freed::add);

  @Test
  void whatIsGivenBackIsUsedAgain() {
    Object first = pool.take();
    pool.give(first);

    assertThat(pool.take()).isSameAs(first);
    assertThat(made).hasSize(1);
  }

  @Test
  void nobodyWaitsAndNoMoreThanAFewAreKept() {
    List<Object> taken = new ArrayList<>();
    for (int i = 0; i < ContextPool.IDLE_MAX + 3; i++) {
      taken.add(pool.take());
    }
    assertThat(taken).doesNotHaveDuplicates();

    taken.forEach(pool::give);

    assertThat(freed).hasSize(3);
  }

  @Test
  void aClosedPoolFreesEachOnceAlsoThoseThatComeBackLater() {
    Object idle = pool.take();
    Object underWay = pool.take();
    pool.give(idle);

    pool.close();
    assertThat(freed).containsExactly(idle);
    pool.give(underWay);
    pool.close();

    assertThat(freed).containsExactly(idle, underWay);
    assertThatThrownBy(pool::take).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void withoutItsLibraryThereAreNoneAndItIsNotLookedForAgain() {
    List<String> looks = new ArrayList<>();
    ContextPool<Object> missing =
        new ContextPool<>(
            "test",
            () -> {
              looks.add("look");
              throw new UnsatisfiedLinkError("no library");
            },
            freed::add);

    assertThat(missing.take()).isNull();
    assertThat(missing.take()).isNull();
    assertThat(looks).hasSize(1);
  }
}
