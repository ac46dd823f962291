package io.emberfs.engine.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PrefetchBudgetTest {
  private static final long BURST = 1000;

  private final PrefetchBudget budget = new PrefetchBudget(BURST);

  @Test
  void demandEarnsAQuarterOfItsBytes() {
    budget.take(BURST);
    budget.earn(400);
    assertThat(budget.available()).isEqualTo(100);
  }

  @Test
  void nothingIsSavedBeyondTheBurst() {
    budget.earn(1_000_000);
    budget.refund(1_000_000);
    assertThat(budget.available()).isEqualTo(BURST);
  }

  @Test
  void anOverdraftIsPaidBackFirst() {
    budget.take(BURST + 500);
    assertThat(budget.available()).isZero();
    budget.refund(600);
    assertThat(budget.available()).isEqualTo(100);
  }

  @Test
  void whileAlmostNothingIsUsedDemandEarnsATrickle() {
    budget.take(BURST);
    for (int i = 0; i < 100; i++) {
      budget.countWasted();
    }
    budget.earn(10_000);
    assertThat(budget.available()).isEqualTo(100);
    for (int i = 0; i < 100; i++) {
      budget.countUsed();
    }
    budget.earn(400);
    assertThat(budget.available()).isEqualTo(200);
  }

  @Test
  void withoutAggressionThereIsNothingToSpend() {
    budget.turnAggression(0);
    assertThat(budget.available()).isZero();
    budget.turnAggression(1);
    assertThat(budget.available()).isEqualTo(BURST);
    budget.take(BURST);
    budget.earn(400);
    assertThat(budget.available()).isEqualTo(200);
  }
}
