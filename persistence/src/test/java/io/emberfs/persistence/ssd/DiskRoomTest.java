package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import io.emberfs.testkit.FakeClock;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class DiskRoomTest {
  private static final long GIB = 1L << 30;
  private static final long CAPACITY = 16 * GIB;
  private static final long KEEP_FREE = 5 * GIB;
  private static final long MINUTE = 60_000_000_000L;

  private final FakeClock clock = new FakeClock();
  private final Meters meters = new Meters();
  private long usable = 100 * GIB;
  private final DiskRoom room = new DiskRoom(() -> usable, KEEP_FREE, clock, meters);

  @Test
  void withRoomTheNamedBudgetHolds() throws IOException {
    room.look(0, CAPACITY);

    assertThat(room.budgetBytes(CAPACITY)).isEqualTo(CAPACITY);
    assertThat(room.isShort()).isFalse();
    assertThat(meters.counter("ssd.roomShrinks").value()).isZero();
  }

  @Test
  void itShrinksAtOnceToWhatLeavesOthersTheirShare() throws IOException {
    usable = 3 * GIB;
    room.look(12 * GIB, CAPACITY);

    assertThat(room.isShort()).isTrue();
    long budget = room.budgetBytes(CAPACITY);
    // 12 GiB of files, 2 of which are too many.
    assertThat(budget).isPositive();
    assertThat(SsdSpec.diskBytesMax(budget)).isLessThanOrEqualTo(10 * GIB);
    assertThat(SsdSpec.diskBytesMax(budget)).isGreaterThan(9 * GIB);
  }

  @Test
  void whatWasEvictedIsNotEvictedAgainWhileItsFilesAreStillThere() throws IOException {
    usable = 3 * GIB;
    room.look(12 * GIB, CAPACITY);
    long budget = room.budgetBytes(CAPACITY);

    room.look(12 * GIB, CAPACITY);

    assertThat(room.budgetBytes(CAPACITY)).isEqualTo(budget);
    assertThat(meters.counter("ssd.roomShrinks").value()).isOne();
  }

  @Test
  void itGrowsBackAfterAWhileAndNotForALittle() throws IOException {
    usable = 3 * GIB;
    room.look(12 * GIB, CAPACITY);
    long shrunk = room.budgetBytes(CAPACITY);
    clock.advanceNanos(MINUTE);
    usable = 4 * GIB;
    room.look(12 * GIB, CAPACITY);
    assertThat(room.budgetBytes(CAPACITY)).as("for a little").isEqualTo(shrunk);

    usable = 7 * GIB;
    room.look(12 * GIB, CAPACITY);
    assertThat(room.budgetBytes(CAPACITY)).isGreaterThan(shrunk).isLessThan(CAPACITY);

    usable = 100 * GIB;
    room.look(12 * GIB, CAPACITY);
    assertThat(room.budgetBytes(CAPACITY)).isEqualTo(CAPACITY);
  }

  @Test
  void itDoesNotGrowRightAfterItShrank() throws IOException {
    usable = 3 * GIB;
    room.look(12 * GIB, CAPACITY);
    long shrunk = room.budgetBytes(CAPACITY);

    usable = 100 * GIB;
    room.look(12 * GIB, CAPACITY);

    assertThat(room.budgetBytes(CAPACITY)).isEqualTo(shrunk);
  }

  @Test
  void withoutAnyRoomNothingIsLeft() throws IOException {
    usable = 0;
    room.look(KEEP_FREE, CAPACITY);

    assertThat(room.budgetBytes(CAPACITY)).isZero();
    assertThat(room.isFull()).isTrue();
  }
}
