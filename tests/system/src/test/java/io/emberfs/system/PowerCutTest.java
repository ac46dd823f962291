package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What was acknowledged as durable survives a power cut of the backing's volume and of the state
 * directory's.
 */
@RealMount
final class PowerCutTest {
  private static final int CUT_COUNT = Integer.getInteger("emberfs.crash.cuts", 2);
  private static final int BACK_CUT_COUNT = CUT_COUNT / 2;

  @Test
  void whatWasAcknowledgedSurvivesAPowerCut(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      for (int cycle = 0; cycle < CUT_COUNT - BACK_CUT_COUNT; cycle++) {
        Mount mount = rig.mountOf(power.backing(), power.state(), "--ssd", "64M");
        assertThat(power.violations(mount.path())).as("through mount %d", cycle).isEmpty();
        power.cutDuringWrites(mount);
        assertThat(power.violations(power.backing())).as("backing %d", cycle).isEmpty();
      }
      Mount last = rig.mountOf(power.backing(), power.state(), "--ssd", "64M");
      assertThat(
              TreeSnapshot.of(last.path()).differences(TreeSnapshot.of(power.backing()), Parts.ALL))
          .as("mount against backing")
          .isEmpty();
    });
  }

  @Test
  void whatWasAcknowledgedInWriteBackSurvivesAPowerCut(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      for (int cycle = 0; cycle < BACK_CUT_COUNT; cycle++) {
        Mount mount = rig.mountOf(power.backing(), power.state(), back(random));
        assertThat(power.violations(mount.path())).as("through mount %d", cycle).isEmpty();
        power.cutDuringWrites(mount);
      }
      Mount last = rig.mountOf(power.backing(), power.state(), back(random));
      assertThat(power.violations(last.path())).as("through the last mount").isEmpty();
      last.umount();
      assertThat(power.violations(power.backing())).as("backing").isEmpty();
    });
  }

  /** Flushing all the time, or not at all. */
  private static String[] back(RandomGenerator random) {
    String flushAge = random.nextBoolean() ? "50ms" : "60m";
    return new String[] {"--write", "back", "--flush-age", flushAge, "--ssd", "64M"};
  }
}
