package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.system.Program.Outcome;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Changes that only the journal has: what becomes of them when somebody else changes the same files
 * in the backing, and when the next mount is not one with {@code --write back}.
 */
@RealMount
final class JournalLeftTest {
  private static final int FAILED = 1;
  private static final int FILE_SIZE = 300_000;
  private static final int PATCH_SIZE = 7000;
  private static final String[] KEEPING = {
    "--write",
    "back",
    "--flush-age",
    "60m",
    "--kernel-cache",
    "off",
    "--attr-ttl",
    Waiting.ATTRIBUTE_TTL
  };

  @Test
  void aFileThatWasChangedWhileDownStaysAndOurBytesAreKeptBesideIt(Rig rig) {
    Seeds.check(random -> {
      Map<ForeignChange, byte[]> ours = new LinkedHashMap<>();
      Mount mount = mountWithPatches(rig, random, ours);
      mount.kill();
      Map<ForeignChange, byte[]> theirs = changeAll(rig, random);
      Mount next = rig.mount(KEEPING);
      assertKeptBeside(rig, next, theirs, ours);
    });
  }

  @Test
  void aFileThatIsChangedWhileUpStaysAndOurBytesAreKeptBesideIt(Rig rig) {
    Seeds.check(random -> {
      Map<ForeignChange, byte[]> ours = new LinkedHashMap<>();
      Mount mount = mountWithPatches(rig, random, ours);
      Map<ForeignChange, byte[]> theirs = changeAll(rig, random);
      assertKeptBeside(rig, mount, theirs, ours);
    });
  }

  @Test
  void aMountThatWritesThroughBringsTheChangesToTheBackingFirst(Rig rig) throws Exception {
    byte[] bytes = leaveInJournal(rig);
    Mount through = rig.mount("--kernel-cache", "off");
    assertThat(rig.backing().resolve("f")).hasBinaryContent(bytes);
    assertThat(through.path().resolve("f")).hasBinaryContent(bytes);
    assertThat(holdsRecords(rig)).isFalse();
    through.umount();
  }

  @Test
  void aMountThatMayNotWriteIsRefusedAndTheChangesStay(Rig rig) throws Exception {
    byte[] bytes = leaveInJournal(rig);
    for (String mode : List.of("through", "back")) {
      Outcome refused =
          Emberfs.run(
              Rig.mountCommand(
                  rig.backing(), rig.mountPoint(), rig.stateDirectory(), "--ro", "--write", mode));
      assertThat(refused.exitCode()).as(refused.err()).isEqualTo(FAILED);
      assertThat(refused.err())
          .contains("its journal holds changes that the backing does not have")
          .contains("\nfix: ")
          .contains("--discard-journal");
    }
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSizeLessThanOrEqualTo(1);
    Mount next = rig.mount(KEEPING);
    assertThat(next.path().resolve("f")).hasBinaryContent(bytes);
    next.umount();
    assertThat(rig.backing().resolve("f")).hasBinaryContent(bytes);
    Mount readOnly = rig.mount("--ro");
    assertThat(readOnly.path().resolve("f")).hasBinaryContent(bytes);
  }

  @Test
  void aJournalThatIsDiscardedOnRequestIsGone(Rig rig) throws Exception {
    byte[] bytes = leaveInJournal(rig);
    Mount mount = rig.mount("--discard-journal", "--write", "back", "--kernel-cache", "off");
    assertThat(mount.path().resolve("f")).isEmptyFile();
    assertThat(mount.stats().count("dirty.files")).isZero();
    assertThat(rig.stateDirectory().resolve("emberfs.log")).content().contains("is discarded");
    Files.write(mount.path().resolve("f"), Arrays.copyOf(bytes, 1000));
    mount.umount();
    assertThat(rig.backing().resolve("f")).hasBinaryContent(Arrays.copyOf(bytes, 1000));
  }

  /** A file that is empty in the backing, and has bytes in the journal. */
  private static byte[] leaveInJournal(Rig rig) throws IOException, InterruptedException {
    byte[] bytes = new byte[FILE_SIZE];
    Seeds.random(5).nextBytes(bytes);
    Mount mount = rig.mount(KEEPING);
    Files.write(mount.path().resolve("f"), bytes);
    mount.kill();
    assertThat(rig.backing().resolve("f")).isEmptyFile();
    assertThat(holdsRecords(rig)).isTrue();
    return bytes;
  }

  private static boolean holdsRecords(Rig rig) throws IOException {
    return JournalScan.holdsRecords(rig.stateDirectory().resolve("journal"));
  }

  /** A mount of one file for each kind of change, each of which has a patch that is dirty. */
  private static Mount mountWithPatches(
      Rig rig, RandomGenerator random, Map<ForeignChange, byte[]> ours)
      throws IOException, InterruptedException {
    for (ForeignChange change : ForeignChange.values()) {
      byte[] bytes = new byte[FILE_SIZE];
      random.nextBytes(bytes);
      Files.write(rig.backing().resolve(change.name()), bytes);
    }
    Mount mount = rig.mount(KEEPING);
    for (ForeignChange change : ForeignChange.values()) {
      byte[] patch = new byte[PATCH_SIZE];
      random.nextBytes(patch);
      int offset = random.nextInt(FILE_SIZE - PATCH_SIZE);
      try (FileChannel channel =
          FileChannel.open(mount.path().resolve(change.name()), StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(patch), offset);
        channel.force(false);
      }
      byte[] kept = new byte[offset + PATCH_SIZE];
      System.arraycopy(patch, 0, kept, offset, PATCH_SIZE);
      ours.put(change, kept);
    }
    return mount;
  }

  private static Map<ForeignChange, byte[]> changeAll(Rig rig, RandomGenerator random)
      throws IOException {
    Map<ForeignChange, byte[]> theirs = new LinkedHashMap<>();
    for (ForeignChange change : ForeignChange.values()) {
      Path file = rig.backing().resolve(change.name());
      change.apply(file, random);
      theirs.put(change, Files.readAllBytes(file));
    }
    return theirs;
  }

  private static void assertKeptBeside(
      Rig rig, Mount mount, Map<ForeignChange, byte[]> theirs, Map<ForeignChange, byte[]> ours)
      throws IOException, InterruptedException {
    mount.flush();
    assertThat(mount.stats().count("dirty.conflicts")).isEqualTo(theirs.size());
    assertThat(mount.stats().count("dirty.files")).isZero();
    Waiting.untilAttributesExpire();
    List<String> wrong = new ArrayList<>();
    for (ForeignChange change : ForeignChange.values()) {
      for (Path directory : List.of(rig.backing(), mount.path())) {
        Path file = directory.resolve(change.name());
        Path kept = directory.resolve(change.name() + ".emberfs-conflict-1");
        if (!Arrays.equals(Files.readAllBytes(file), theirs.get(change))) {
          wrong.add(file + " is not what the other one made of it");
        }
        if (!Files.exists(kept) || !Arrays.equals(Files.readAllBytes(kept), ours.get(change))) {
          wrong.add(kept + " is not what was written through the mount");
        }
      }
    }
    assertThat(wrong).isEmpty();
    mount.umount();
    assertThat(holdsRecords(rig)).isFalse();
  }
}
