package io.emberfs.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.JournalRecords;
import io.emberfs.testkit.WriteJournalContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal on a disk. Its power cuts are kills: those that lose something are simulated. */
final class FileJournalTest extends WriteJournalContract {
  private static final int SEGMENT_BYTES = 2 << 20;

  @TempDir private Path temporary;

  @Override
  protected WriteJournal open(WriteJournal.Sink sink) throws IOException {
    return FileJournal.open(temporary.resolve("journal"), SEGMENT_BYTES, sink, new Meters());
  }

  @Override
  protected void powerCut(long seed) {}

  @Test
  void folderAndFilesAreForTheirOwnerOnly() throws IOException {
    Path folder = temporary.resolve("private");
    try (FileJournal journal =
        FileJournal.open(folder, SEGMENT_BYTES, (_, _) -> {}, new Meters())) {
      journal.append(JournalRecords.written(1, 100));
      journal.prepareStep();

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(folder)) {
        List<Path> all = files.toList();
        assertThat(all).hasSize(2);
        for (Path file : all) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .isEqualTo("rw-------");
          assertThat(Files.size(file)).isEqualTo(SEGMENT_BYTES);
        }
      }
    }
  }

  @Test
  void theScanOfTenThousandRecordsFindsThemAllAndChangesNothing() throws IOException {
    Path folder = temporary.resolve("large");
    int count = 10_000;
    try (FileJournal journal =
        FileJournal.open(folder, FileJournal.SEGMENT_BYTES, (_, _) -> {}, new Meters())) {
      for (int i = 0; i < count; i++) {
        journal.append(JournalRecords.written(i, 4096));
      }
    }
    List<String> before = listing(folder);
    List<Long> found = new ArrayList<>();

    JournalFindings findings = JournalScan.read(folder, (sequence, _) -> found.add(sequence));

    assertThat(found).hasSize(count);
    assertThat(findings.records()).isEqualTo(count);
    assertThat(findings.bytes()).isGreaterThan(count * 4096L);
    assertThat(findings.isDamaged()).isFalse();
    assertThat(listing(folder)).isEqualTo(before);
  }

  @Test
  void aFolderHoldsRecordsUntilTheyAreReleased() throws IOException {
    Path folder = temporary.resolve("asked");
    assertThat(JournalScan.holdsRecords(folder)).isFalse();
    try (FileJournal journal =
        FileJournal.open(folder, SEGMENT_BYTES, (_, _) -> {}, new Meters())) {
      assertThat(JournalScan.holdsRecords(folder)).isFalse();
      journal.append(JournalRecords.written(1, 100));
      assertThat(JournalScan.holdsRecords(folder)).isTrue();
    }
    assertThat(JournalScan.holdsRecords(folder)).isTrue();
    try (FileJournal journal =
        FileJournal.open(folder, SEGMENT_BYTES, (_, _) -> {}, new Meters())) {
      journal.release(journal.lastSequence() + 1);
    }
    assertThat(JournalScan.holdsRecords(folder)).isFalse();
    Path damaged = folder.resolve("damaged-0000000000000001");
    Files.createFile(damaged);
    assertThat(JournalScan.holdsRecords(folder)).as("what is kept aside").isTrue();
    Files.move(damaged, folder.resolve("notes"));
    assertThat(JournalScan.holdsRecords(folder)).as("what is not ours").isTrue();
  }

  private static List<String> listing(Path folder) throws IOException {
    List<String> listing = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        listing.add(file + " " + Files.getLastModifiedTime(file) + " " + Files.size(file));
      }
    }
    return listing;
  }
}
