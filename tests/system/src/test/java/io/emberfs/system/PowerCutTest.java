package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What was acknowledged as durable survives a power cut of the backing's volume and of the state
 * directory's.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class PowerCutTest {
  private static final int CUT_COUNT = Integer.getInteger("emberfs.crash.cuts", 10);

  @Test
  void whatWasAcknowledgedOutlivesEveryPowerCut(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      for (int cycle = 0; cycle < CUT_COUNT; cycle++) {
        CrashSetting setting = CrashSetting.of(cycle);
        String what = "cycle %d, %s".formatted(cycle, setting);
        Mount mount = mount(rig, power, setting.options(random, "--ssd", "64M"));
        assertThat(power.violations(mount.path())).as("mounted, " + what).isEmpty();
        power.cutDuringWrites(mount);
        if (!setting.isBack()) {
          assertThat(power.violations(power.backing())).as("backing, " + what).isEmpty();
        }
      }
      Mount last = mount(rig, power, "--ssd", "64M");
      assertThat(power.violations(last.path())).as("through the last mount").isEmpty();
      assertThat(power.violations(power.backing())).as("backing, at the end").isEmpty();
      assertThat(
              TreeSnapshot.of(last.path()).differences(TreeSnapshot.of(power.backing()), Parts.ALL))
          .as("mount against backing")
          .isEmpty();
    });
  }

  private static Mount mount(Rig rig, PowerCut power, String... options) throws Exception {
    return rig.mountOf(power.backing(), power.state(), options);
  }
}
