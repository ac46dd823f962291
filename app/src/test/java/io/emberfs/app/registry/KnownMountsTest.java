package io.emberfs.app.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownMountsTest {
  @TempDir private Path directory;

  @Test
  void whatWasAddedIsFoundUntilItIsRemoved() throws Exception {
    KnownMounts known = new KnownMounts(directory);
    MountRecord mount = mount(ProcessMark.ownProcess());
    known.add(mount);
    assertThat(known.find(mount.mountPoint())).contains(mount);
    assertThat(known.all()).containsExactly(mount);
    known.remove(mount);
    assertThat(known.all()).isEmpty();
    assertNoFile();
  }

  @Test
  void whoForgetsAMountLeavesALaterOneOfThatPlace() throws Exception {
    KnownMounts known = new KnownMounts(directory);
    MountRecord gone = mount(new ProcessMark(ProcessHandle.current().pid(), 1));
    MountRecord later = mount(ProcessMark.ownProcess());
    known.add(gone);
    known.add(later);
    known.remove(gone);
    assertThat(known.all()).containsExactly(later);
  }

  @Test
  void theSocketOfAMountThatWasReplacedGoes() throws Exception {
    KnownMounts known = new KnownMounts(directory);
    MountRecord gone = mount(new ProcessMark(ProcessHandle.current().pid(), 1), "old.sock");
    Files.createFile(gone.socket());
    known.add(gone);
    known.add(mount(ProcessMark.ownProcess()));
    assertThat(gone.socket()).doesNotExist();
  }

  @Test
  void aDamagedFileNamesNoMount() throws Exception {
    KnownMounts known = new KnownMounts(directory);
    MountRecord mount = mount(ProcessMark.ownProcess());
    known.add(mount);
    try (var files = Files.list(directory)) {
      Path file = files.filter(each -> each.toString().endsWith(".json")).findFirst().orElseThrow();
      Files.writeString(file, "{\"mountpoint\":\"/mnt/a");
    }
    assertThat(known.all()).isEmpty();
  }

  @Test
  void aMissingDirectoryHoldsNoMounts() throws Exception {
    assertThat(new KnownMounts(directory.resolve("missing")).all()).isEmpty();
  }

  @Test
  void aMountWhoseProcessAndPlaceAreGoneIsForgotten() throws Exception {
    KnownMounts known = new KnownMounts(directory);
    known.add(mount(new ProcessMark(ProcessHandle.current().pid(), 1)));
    // The machine may have mounts of others.
    assertThat(new MountPoints(known).all()).allMatch(each -> each.known().isEmpty());
    assertNoFile();
  }

  @Test
  void aProcessIsAliveOnlyWithItsOwnStart() {
    ProcessMark own = ProcessMark.ownProcess();
    assertThat(own.isAlive()).isTrue();
    assertThat(new ProcessMark(own.pid(), own.startTicks() + 1).isAlive()).isFalse();
  }

  private void assertNoFile() {
    assertThat(directory).isDirectoryNotContaining("glob:**.json");
  }

  private MountRecord mount(ProcessMark process) {
    return mount(process, "a.sock");
  }

  private MountRecord mount(ProcessMark process, String socket) {
    return new MountRecord(
        Path.of("/mnt/no such place"),
        Path.of("/srv/slow"),
        Path.of("/state"),
        directory.resolve(socket),
        process);
  }
}
