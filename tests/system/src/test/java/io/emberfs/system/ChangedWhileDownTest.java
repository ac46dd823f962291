package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.testkit.Seeds;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is kept across a restart is not served when the backing directory changed meanwhile. */
@RealMount
final class ChangedWhileDownTest {
  @Test
  void afterACleanRestartNoOldByteIsServed(Rig rig) {
    Seeds.check(random -> {
      ChangedWhileDown files = new ChangedWhileDown(rig.backing(), random);
      files.makeFiles();
      Mount first = rig.mount();
      assertThat(files.wrongBytes(first)).isEmpty();
      first.umount();
      files.changeAll();
      Mount second = rig.mount();
      assertThat(second.restoredBlocks()).as("there was something to restore").isPositive();
      assertThat(files.wrongBytes(second)).isEmpty();
    });
  }

  @Test
  void afterAKillNoOldByteIsServed(Rig rig) {
    Seeds.check(random -> {
      ChangedWhileDown files = new ChangedWhileDown(rig.backing(), random);
      files.makeFiles();
      Mount first = rig.mount();
      assertThat(files.wrongBytes(first)).isEmpty();
      await("blocks in the SSD tier")
          .atMost(Duration.ofSeconds(30))
          .until(() -> first.stats().count("tiers.ssd.blocks") > 0);
      first.kill();
      files.changeAll();
      assertThat(files.wrongBytes(rig.mount())).isEmpty();
    });
  }
}
