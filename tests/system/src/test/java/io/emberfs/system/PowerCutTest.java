package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import org.junit.jupiter.api.Test;

/**
 * What was acknowledged as durable survives a power cut of the backing's volume and of the state
 * directory's.
 */
@RealMount
final class PowerCutTest {
  private static final int CUT_COUNT = Integer.getInteger("emberfs.crash.cuts", 2);

  @Test
  void whatWasAcknowledgedSurvivesAPowerCut(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      for (int cycle = 0; cycle < CUT_COUNT; cycle++) {
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
}
