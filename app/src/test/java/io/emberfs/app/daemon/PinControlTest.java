package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.core.Pins;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PinControlTest {
  private static final ControlRequest REQUEST =
      new ControlRequest(ControlRequest.PIN, Map.of("path0", "f"));

  private final List<ControlReply> meanwhile = new ArrayList<>();
  private final PinControl control = new PinControl(new AskingPins(), Path.of("/mnt"));

  @Test
  void whileOnePinWaitsForTheBackingAnotherIsRefused() {
    assertThat(control.pin(REQUEST)).isInstanceOf(ControlReply.Done.class);
    assertThat(meanwhile)
        .singleElement()
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.refusal().exitCode()).isEqualTo(ExitCode.BUSY));
    assertThat(control.pin(REQUEST)).as("afterwards").isInstanceOf(ControlReply.Done.class);
  }

  /** In the middle of a pin somebody else asks for one. */
  private final class AskingPins implements Pins {
    @Override
    public Outcome pin(List<String> paths, String tierName, boolean isForced) {
      if (meanwhile.isEmpty()) {
        meanwhile.add(control.pin(REQUEST));
      }
      return new Outcome.Done(1, 1);
    }

    @Override
    public Outcome unpin(List<String> paths, String tierName) {
      throw new AssertionError("not asked for");
    }

    @Override
    public List<Pin> list(List<String> paths, String after, int countMax) {
      throw new AssertionError("not asked for");
    }
  }
}
