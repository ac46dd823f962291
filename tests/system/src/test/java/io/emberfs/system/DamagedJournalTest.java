package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A damaged journal loses what it says it lost and nothing else; an old one that is put back writes
 * over nothing.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class DamagedJournalTest {
  private static final int DAMAGE_COUNT = Integer.getInteger("emberfs.crash.damages", 30) / 5;
  private static final int ROLLBACK_COUNT = Integer.getInteger("emberfs.crash.rollbacks", 3) / 2;
  private static final String[] KEEPING = {"--write", "back", "--flush-age", "60m"};
  private static final Duration WORK = Duration.ofMillis(300);
  private static final int FILE_SIZE = 300_000;

  @Test
  void damageToTheJournalCostsWhatIsSaidAndNoMore(Rig rig) {
    Seeds.check(random -> {
      CrashWriters writers = new CrashWriters(rig.newDirectory("journals"), random);
      leaveJournal(rig, writers, random);
      Path before = copyOfState(rig);
      int saidCount = 0;
      for (int i = 0; i < DAMAGE_COUNT; i++) {
        putBack(before, rig);
        Path victim = segment(rig, random);
        StateDamage damage = StateDamage.values()[i % StateDamage.values().length];
        damage.inflict(victim, random);
        boolean isSaid = JournalScan.read(journal(rig), (_, _) -> {}).isDamaged();
        saidCount += isSaid ? 1 : 0;
        // Nothing may reach the backing: the next journal is the same again, and of its versions.
        Mount mount = rig.mount(KEEPING);
        List<String> violations = writers.violations(mount.path());
        String what = "%s of %s, said: %s".formatted(damage, victim.getFileName(), isSaid);
        assertThat(violations).as(what).noneMatch(each -> each.contains("holds version -1"));
        assertThat(isSaid || violations.isEmpty()).as(what + ": " + violations).isTrue();
        mount.killAndDetach();
      }
      assertThat(saidCount).as("damages that were said").isPositive();
    });
  }

  @Test
  void anOldJournalPutBackWritesOverNothing(Rig rig) {
    Seeds.check(random -> {
      byte[] newest = new byte[FILE_SIZE];
      for (int i = 0; i < ROLLBACK_COUNT; i++) {
        String name = "file-" + i;
        write(rig.backing().resolve(name), bytes(random));
        Mount first = rig.mount(KEEPING);
        write(first.path().resolve(name), bytes(random));
        first.killAndDetach();
        Path old = copyOfState(rig);
        Mount second = rig.mount(KEEPING);
        random.nextBytes(newest);
        write(second.path().resolve(name), newest);
        second.umount();
        putBack(old, rig);

        Mount mount = rig.mount(CrashSetting.of(i).options(random));

        assertThat(Files.readAllBytes(mount.path().resolve(name))).isEqualTo(newest);
        mount.umount();
        assertThat(Files.readAllBytes(rig.backing().resolve(name))).isEqualTo(newest);
        assertThat(rig.backing().resolve(name + ".emberfs-conflict-1")).exists();
      }
    });
  }

  /** Acknowledged changes that are in the journal only, of a daemon that was killed. */
  private static void leaveJournal(Rig rig, CrashWriters writers, RandomGenerator random)
      throws Exception {
    Mount mount = rig.mount(KEEPING);
    try {
      writers.start(mount.path());
      Waiting.pause(WORK);
    } finally {
      writers.stop();
    }
    writers.faultBegins();
    writers.collect();
    // A later record says of those before it that they were durable; nothing could say it of the
    // last one.
    Files.write(mount.path().resolve("later"), bytes(random));
    mount.killAndDetach();
  }

  private static Path journal(Rig rig) {
    return rig.stateDirectory().resolve("journal");
  }

  private static Path segment(Rig rig, RandomGenerator random) throws IOException {
    try (Stream<Path> files = Files.list(journal(rig))) {
      List<Path> segments =
          files
              .filter(file -> file.getFileName().toString().startsWith("segment-"))
              .sorted()
              .toList();
      return segments.get(random.nextInt(segments.size()));
    }
  }

  private static Path copyOfState(Rig rig) throws IOException, InterruptedException {
    Path copy = rig.newDirectory("copy").resolve("state");
    Program.succeed("cp", "-a", "--", rig.stateDirectory().toString(), copy.toString());
    return copy;
  }

  private static void putBack(Path copy, Rig rig) throws IOException, InterruptedException {
    Program.succeed("rm", "-rf", "--", rig.stateDirectory().toString());
    Program.succeed("cp", "-a", "--", copy.toString(), rig.stateDirectory().toString());
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.force(true);
    }
  }

  private static byte[] bytes(RandomGenerator random) {
    byte[] bytes = new byte[FILE_SIZE];
    random.nextBytes(bytes);
    return bytes;
  }
}
