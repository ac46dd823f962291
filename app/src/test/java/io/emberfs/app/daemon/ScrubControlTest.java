package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.core.Scrub;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ScrubControlTest {
  private final FakeScrub scrub = new FakeScrub();
  private final ScrubControl control = new ScrubControl(scrub);

  private static final class FakeScrub implements Scrub {
    private long bytesPerSecond;

    @Override
    public long begin(long rate) {
      bytesPerSecond = rate;
      return 7;
    }

    @Override
    public Optional<Progress> progress(long round) {
      return round == 7
          ? Optional.of(new Progress(false, List.of(new Findings("ram", 5, 2, 1))))
          : Optional.empty();
    }
  }

  @Test
  void aRoundIsBegunAtTheRateAskedForAndNamed() {
    assertThat(begin("4096")).isEqualTo(new ControlReply.Done(Map.of("round", 7L)));
    assertThat(scrub.bytesPerSecond).isEqualTo(4096);
  }

  @Test
  void aRateThatIsNoneIsRefused() {
    for (String rate : new String[] {"", "0", "-1", "fast"}) {
      assertUsage(begin(rate));
    }
  }

  @Test
  void theProgressOfARoundIsATreeOfNumbers() {
    assertThat(progress("7"))
        .isEqualTo(
            new ControlReply.Done(
                Map.of(
                    "done",
                    false,
                    "tiers",
                    Map.of("ram", Map.of("good", 5L, "bad", 2L, "repaired", 1L)))));
  }

  @Test
  void anotherRoundIsRefused() {
    assertUsage(progress("6"));
    assertUsage(progress(""));
  }

  private ControlReply begin(String rate) {
    return control.begin(new ControlRequest(ControlRequest.SCRUB, Map.of("bytesPerSecond", rate)));
  }

  private ControlReply progress(String round) {
    return control.progress(
        new ControlRequest(ControlRequest.SCRUB_PROGRESS, Map.of("round", round)));
  }

  private static void assertUsage(ControlReply reply) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.refusal().exitCode()).isEqualTo(ExitCode.USAGE));
  }
}
