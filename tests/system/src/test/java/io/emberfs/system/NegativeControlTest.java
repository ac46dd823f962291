package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.FaultyDaemon.Fault;
import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tests of durability and of freshness see it when the thing they test is missing. */
@RealMount
final class NegativeControlTest {
  private static final int CUT_COUNT_MAX = 4;
  private static final int FILE_COUNT = 50;
  private static final int LARGE_MEGABYTES = 3;

  @Test
  void aPowerCutFindsADaemonWhoseSyncDoesNothing(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      List<String> violations = new ArrayList<>();
      for (int cycle = 0; violations.isEmpty() && cycle < CUT_COUNT_MAX; cycle++) {
        Mount mount =
            FaultyDaemon.mount(rig, Fault.SYNC_DOES_NOTHING, power.backing(), power.state());
        power.cutDuringWrites(mount);
        violations.addAll(power.violations(power.backing()));
      }
      assertThat(violations).as("lost writes").isNotEmpty();
    });
  }

  @Test
  void aPowerCutFindsADaemonThatDoesNotSyncItsJournal(Rig rig) {
    Seeds.check(random -> {
      PowerCut power = new PowerCut(rig, random);
      List<String> violations = new ArrayList<>();
      for (int cycle = 0; violations.isEmpty() && cycle < CUT_COUNT_MAX; cycle++) {
        Mount mount =
            FaultyDaemon.mount(rig, Fault.JOURNAL_IS_NOT_SYNCED, power.backing(), power.state());
        power.cutDuringWrites(mount);
        Mount replayed = rig.mountOf(power.backing(), power.state(), "--write", "back");
        violations.addAll(power.violations(replayed.path()));
        replayed.umount();
      }
      assertThat(violations).as("lost writes").isNotEmpty();
    });
  }

  @Test
  void everyByteComparedFindsADaemonThatComparesNoChecksums(Rig rig) throws Exception {
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, LARGE_MEGABYTES);
    TreeSnapshot truth = TreeSnapshot.of(rig.backing());
    Waiting.untilFilesAreOld();
    Mount first = rig.mount();
    assertThat(TreeSnapshot.of(first.path()).differences(truth, Parts.ALL)).isEmpty();
    first.umount();
    Mount second =
        FaultyDaemon.mount(
            rig, Fault.CHECKSUMS_ARE_NOT_COMPARED, rig.backing(), rig.stateDirectory());
    assertThat(TreeSnapshot.of(second.path()).differences(truth, Parts.ALL))
        .as("wrong bytes served")
        .isNotEmpty();
  }

  @Test
  void aChangeWhileDownFindsADaemonThatIsBlindToVersions(Rig rig) {
    Seeds.check(random -> {
      ChangedWhileDown files = new ChangedWhileDown(rig.backing(), random);
      files.makeFiles();
      Fault blind = Fault.VERSIONS_NEVER_CHANGE;
      Mount first = FaultyDaemon.mount(rig, blind, rig.backing(), rig.stateDirectory());
      assertThat(files.wrongBytes(first)).isEmpty();
      first.umount();
      files.changeAll();
      Mount second = FaultyDaemon.mount(rig, blind, rig.backing(), rig.stateDirectory());
      assertThat(files.wrongBytes(second)).as("old bytes served").isNotEmpty();
    });
  }
}
