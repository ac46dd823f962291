package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.control.Json;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.persistence.journal.FileJournal;
import io.emberfs.persistence.ssd.SsdDatabase;
import io.emberfs.persistence.ssd.SsdSpec;
import io.emberfs.persistence.state.FileStateStore;
import io.emberfs.persistence.state.StateDirectory;
import io.emberfs.testkit.JournalRecords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FsckVerbTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private static final int BLOCKS = 6;

  @TempDir private Path temporary;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path state;

  @BeforeEach
  void make() throws IOException {
    state = temporary.resolve("state-directory");
    Path backing = Files.createDirectory(temporary.resolve("backing"));
    try (StateDirectory directory = StateDirectory.open(state, backing, new Meters());
        SsdDatabase database = open(directory.ssd());
        Arena arena = Arena.ofConfined()) {
      new FileStateStore(directory.state(), 100, new Meters())
          .save("ram-keys", target -> target.writeInt(7));
      MemorySegment bytes = arena.allocate(GEOMETRY.blockSize());
      CRC32C crc = new CRC32C();
      crc.update(bytes.asByteBuffer());
      for (int block = 0; block < BLOCKS; block++) {
        BlockMeta meta =
            new BlockMeta(
                1,
                block,
                1,
                0,
                GEOMETRY.blockSize(),
                GEOMETRY.blockSize(),
                (int) crc.getValue(),
                GEOMETRY.fullMask(),
                WriteFence.OPEN.sequence());
        assertThat(database.tier().offer(meta, bytes)).isTrue();
      }
    }
    Files.delete(backing); // nobody needs it
  }

  @Test
  void aWholeStateHasNoProblemsAndIsNotChanged() throws IOException {
    Map<String, String> before = contents();

    assertThat(fsck()).isEqualTo(ExitCode.OK);
    assertThat(out())
        .isEqualTo(
            state
                + ": whole are blocks: 6 (384K), file records: 0, saved pieces: 1; no problems\n");
    assertThat(fsck("--repair", "--json")).isEqualTo(ExitCode.OK);
    assertThat(report())
        .containsEntry("clean", true)
        .containsEntry("backing", temporary.resolve("backing").toString())
        .containsEntry("problems", List.of())
        .containsEntry("done", List.of())
        .containsEntry(
            "checked",
            Map.of(
                "blocks",
                6L,
                "blockBytes",
                6L * GEOMETRY.blockSize(),
                "fileRecords",
                0L,
                "pieces",
                1L));
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void everyDamageIsNamedAndNothingChangesUntilItIsRepaired() throws IOException {
    damageBlob();
    Files.write(state.resolve("state").resolve("ram-keys.state"), new byte[200]);
    Files.write(state.resolve("state").resolve("pins.state.tmp"), new byte[20]);
    Files.write(state.resolve("running.tmp"), new byte[20]);
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-x---"));
    Map<String, String> before = contents();

    assertThat(fsck()).isEqualTo(ExitCode.FOUND_PROBLEMS);

    assertThat(out().lines())
        .containsExactly(
            "problem: a mount refuses the directory (mode 0750)",
            "problem: warm state ram-keys: its header is damaged, of another version or of another"
                + " piece",
            "problem: running.tmp is left of a save that was cut off",
            "problem: pins.state.tmp is left of a save that was cut off",
            "problem: ssd: blocks that the database does not give whole: 1",
            state
                + ": whole are blocks: 5 (320K), file records: 0, saved pieces: 0; 5 problems; --repair removes what is bad");
    assertThat(contents()).isEqualTo(before);
    assertThat(fsck("--repair")).isEqualTo(ExitCode.OK);
    assertThat(out().lines())
        .contains(
            "done: nobody else may enter the directory any more",
            "done: removed the warm state ram-keys",
            "done: removed running.tmp",
            "done: removed pins.state.tmp",
            "done: removed the blocks that are bad or of no use")
        .last()
        .asString()
        .endsWith("5 problems, repaired");
    assertThat(fsck()).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("blocks: 5 ").endsWith("no problems\n");
  }

  @Test
  void theCachesOfADamagedFormatAreSetAsideAndTheJournalStays() throws IOException {
    Files.writeString(state.resolve("format"), "damaged");
    Path journal = Files.createDirectory(state.resolve("journal"));
    Files.write(journal.resolve("1"), new byte[2048]);

    assertThat(fsck()).isEqualTo(ExitCode.FOUND_PROBLEMS);
    assertThat(out()).contains("note: journal: holds something that is not its own, which stays");
    assertThat(fsck("--repair")).isEqualTo(ExitCode.OK);

    assertThat(journal.resolve("1")).hasBinaryContent(new byte[2048]);
    assertThat(state.resolve("damaged-1").resolve("ssd")).isDirectory();
    assertThat(fsck("--json")).isEqualTo(ExitCode.OK);
    assertThat(report().get("notes").toString())
        .contains("damaged-1 holds", "journal: holds something");
    StateDirectory.open(state, temporary, new Meters()).close();
  }

  @Test
  void whatTheJournalHoldsIsNotedAndWhatItLostIsAProblemThatStays() throws IOException {
    Path folder = StateDirectory.journalOf(state);
    try (FileJournal journal =
        FileJournal.open(folder, FileJournal.SEGMENT_BYTES, (_, _) -> {}, new Meters())) {
      for (int i = 0; i < 3; i++) {
        journal.sync(journal.append(JournalRecords.written(i, 10_000)));
      }
    }
    Map<String, String> before = contents();
    assertThat(fsck("--repair")).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("note: journal: 3 records (");
    assertThat(contents()).isEqualTo(before);

    damage(folder, 15_000);
    before = contents();
    assertThat(fsck("--repair")).isEqualTo(ExitCode.FOUND_PROBLEMS);

    assertThat(out())
        .contains("note: journal: 2 records (")
        .contains("left: journal: at least 1 records that were durable cannot be read");
    assertThat(contents()).isEqualTo(before);
  }

  private static void damage(Path folder, int position) throws IOException {
    try (Stream<Path> files = Files.list(folder);
        FileChannel segment =
            FileChannel.open(files.findFirst().orElseThrow(), StandardOpenOption.WRITE)) {
      segment.write(ByteBuffer.allocate(1).put((byte) 1).flip(), position);
    }
  }

  @Test
  void aRunThatDidNotEndIsNotedAndStaysToBeRecorded() throws IOException {
    Files.writeString(state.resolve("running"), "x");
    assertThat(fsck("--repair")).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("note: the last run (pid 0) did not end cleanly");
    assertThat(state.resolve("running")).exists();
  }

  @Test
  void whatCannotBeRepairedIsLeftAndSaid() throws IOException {
    Files.setAttribute(state, "unix:uid", 54321);
    assertThat(fsck("--repair")).isEqualTo(ExitCode.FOUND_PROBLEMS);
    assertThat(out()).contains("left: a mount refuses the directory (owner 54321)\n", "1 left\n");
  }

  @Test
  void noLinkIsFollowedOut() throws IOException {
    Path outside = Files.writeString(temporary.resolve("outside"), "stays");
    Files.createSymbolicLink(state.resolve("state").resolve("pins.state"), outside);
    assertThat(fsck()).isEqualTo(ExitCode.FOUND_PROBLEMS);
    assertThat(fsck("--repair")).isEqualTo(ExitCode.OK);
    assertThat(outside).hasContent("stays");
    assertThat(state.resolve("state").resolve("pins.state")).doesNotExist();
  }

  @Test
  void whatIsNoStateDirectoryOrIsInUseIsRefusedAndLeftAsItIs() throws Exception {
    try (StateDirectory _ =
        StateDirectory.open(state, temporary.resolve("backing"), new Meters())) {
      assertRefused(ExitCode.BUSY);
      assertRefused(ExitCode.BUSY, "--repair");
    }
    assertThat(fsck()).isEqualTo(ExitCode.OK);
    newer(state.resolve("format"));
    assertRefused(ExitCode.CONFIGURATION, "--repair");
    state = temporary.resolve("absent");
    assertRefused(ExitCode.CONFIGURATION);
    state = Files.createDirectory(temporary.resolve("empty"));
    assertRefused(ExitCode.CONFIGURATION);
    state = Files.createDirectory(temporary.resolve("foreign"));
    Files.writeString(state.resolve("photo.jpg"), "x");
    assertRefused(ExitCode.CONFIGURATION, "--repair");
    state = Files.writeString(temporary.resolve("file"), "x");
    assertRefused(ExitCode.CONFIGURATION);
    state = temporary.resolve("file").resolve("below");
    assertRefused(ExitCode.CONFIGURATION);
  }

  private void assertRefused(ExitCode exitCode, String... options) throws IOException {
    Map<String, String> before = contents();
    assertThat(fsck(options)).as(err()).isEqualTo(exitCode);
    assertThat(err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
    assertThat(out()).isEmpty();
    assertThat(contents()).isEqualTo(before);
  }

  private static SsdDatabase open(Path directory) throws IOException {
    return SsdDatabase.open(
        directory,
        new SsdSpec(GEOMETRY, 64L << 20, 0, PolicyFactory.of("lru")),
        WriteFence.OPEN,
        Clock.SYSTEM,
        new Meters());
  }

  /** Every version of the format begins with magic, version, and the checksum of the two. */
  private static void newer(Path format) throws IOException {
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.wrap(Files.readAllBytes(format))
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .putInt(8, 99);
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.slice(0, 12));
    Files.write(format, bytes.putInt(12, (int) checksum.getValue()).array());
  }

  private void damageBlob() throws IOException {
    try (Stream<Path> files = Files.list(state.resolve("ssd"))) {
      Path blob = files.filter(file -> file.toString().endsWith(".blob")).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(blob);
      bytes[bytes.length / 2] ^= 8;
      Files.write(blob, bytes);
    }
  }

  /** Everything below the temporary directory: names, modes, times of change and bytes. */
  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(temporary)) {
      for (Path file : files.toList()) {
        String bytes =
            Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                : "";
        contents.put(
            file.toString(),
            Files.readAttributes(file, "unix:mode,ctime", LinkOption.NOFOLLOW_LINKS) + bytes);
      }
    }
    return contents;
  }

  private ExitCode fsck(String... options) {
    out.reset();
    err.reset();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            temporary);
    List<String> command = new ArrayList<>(List.of("fsck", state.toString()));
    command.addAll(List.of(options));
    return new Verbs(console).run(command.toArray(String[]::new));
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> report() {
    return (Map<String, Object>) Json.read(out().strip());
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
