package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PaceTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - SECOND / 2);
  private final Pace pace = new Pace(now::get);

  @Test
  void aLoopRestsLongerWhenThereWasNoWorkForASecond() {
    assertThat(pace.restMillis(5)).isEqualTo(5);
    now.addAndGet(SECOND - 1);
    assertThat(pace.restMillis(5)).isEqualTo(5);
    now.addAndGet(1);
    assertThat(pace.restMillis(5)).isEqualTo(Pace.RESTING_MILLIS);
    assertThat(pace.restMillis(1000)).as("its own time is longer").isEqualTo(1000);
  }

  @Test
  void workMakesItShortAgain() {
    now.addAndGet(5 * SECOND);
    pace.worked();
    assertThat(pace.restMillis(5)).isEqualTo(5);
    now.addAndGet(SECOND);
    assertThat(pace.restMillis(5)).isEqualTo(Pace.RESTING_MILLIS);
  }

  /** Its own time would be over in an hour. */
  @Test
  void workAndTheEndWakeWhoRests() throws Exception {
    long hour = TimeUnit.HOURS.toMillis(1);
    CompletableFuture<Boolean> resting = rest(hour);
    now.addAndGet(5 * SECOND);
    while (!resting.isDone()) {
      now.addAndGet(2 * SECOND);
      pace.worked();
      Thread.onSpinWait();
    }
    assertThat(resting.get()).as("told to end").isFalse();
    CompletableFuture<Boolean> last = rest(hour);
    pace.close();
    assertThat(last.get()).as("told to end").isTrue();
    assertThat(pace.rest(hour)).isTrue();
  }

  private CompletableFuture<Boolean> rest(long millis) {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread loop = new Thread(() -> ended.complete(pace.rest(millis)));
    loop.setDaemon(true);
    loop.start();
    return ended;
  }
}
