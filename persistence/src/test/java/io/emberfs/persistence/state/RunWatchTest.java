package io.emberfs.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunWatchTest {
  private static final Path BACKING = Path.of("/some/backing");
  private static final int DAMAGES = 300;

  @TempDir private Path temporary;
  private final Meters meters = new Meters();
  private final FakeClock clock = new FakeClock();
  private Path directory;
  private StateDirectory state;

  @BeforeEach
  void open() throws IOException {
    directory = temporary.resolve("state-directory");
    state = StateDirectory.open(directory, BACKING, meters);
  }

  @Test
  void aCleanEndLeavesNoMarkAndNoRecord() throws IOException {
    RunWatch first = begin();
    assertThat(directory.resolve("running")).exists();
    first.answered();
    first.findings().count("ssdBlocks", 5);
    first.close();
    assertThat(directory.resolve("running")).doesNotExist();
    begin().answered();

    assertThat(records()).isEmpty();
  }

  @Test
  void anUncleanEndIsRecordedWithWhatTheNextStartFound() throws IOException {
    clock.advanceNanos(1_000_000_000);
    long lostBegan = clock.wallNanos() / 1_000_000;
    RunWatch _ = begin();
    clock.advanceNanos(5_000_000_000L);
    new FileStateStore(state.state(), 100, meters).save("pins", out -> out.writeInt(1));
    Files.write(state.state().resolve("ram-keys.state"), new byte[7]);

    RunWatch next = begin();
    next.findings().count("ssdBlocks", 42);
    next.findings().text("ssdColdStart", "x".repeat(2000));
    next.findings().count("ssdBlocks", 43);
    clock.advanceNanos(250_000_000);
    next.answered();

    long pid = ProcessHandle.current().pid();
    StartRecord record = records().getFirst();
    assertThat(records()).hasSize(1);
    assertThat(record.id()).isOne();
    assertThat(record.lost()).isEqualTo(new Run(lostBegan, pid, "1.2.3"));
    assertThat(record.run()).isEqualTo(new Run(lostBegan + 5000, pid, "1.2.3"));
    assertThat(record.answerMillis()).isEqualTo(250);
    assertThat(new ArrayList<>(record.found().entrySet()))
        .containsExactly(
            Map.entry("warmPieces", 1L),
            Map.entry("warmPiecesDamaged", 1L),
            Map.entry("ssdBlocks", 43L),
            Map.entry("ssdColdStart", "x".repeat(StartFindings.TEXT_LENGTH_MAX)));
    next.findings().text("conflict1", "late");
    record = records().getFirst();
    assertThat(record.answerMillis()).isEqualTo(250);
    assertThat(record.found()).hasSize(5).containsEntry("conflict1", "late");
    next.close();
    begin().answered();
    assertThat(records()).containsExactly(record);
  }

  @Test
  void aStartThatIsLostOrRefusedItselfIsSeenToo() throws IOException {
    RunWatch _ = begin();
    RunWatch _ = begin();
    RunWatch refused = begin();
    refused.findings().count("ssdBlocks", 7);
    refused.close();

    assertThat(records())
        .extracting(StartRecord::id, StartRecord::answerMillis)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, StartRecord.NOT_ANSWERED),
            org.assertj.core.groups.Tuple.tuple(2L, StartRecord.NOT_ANSWERED));
    assertThat(records().getLast().found()).containsEntry("ssdBlocks", 7L);
    assertThat(directory.resolve("running")).doesNotExist();
  }

  @Test
  void aMarkThatCannotBeReadIsAnUncleanEndOfAnUnknownRun() throws IOException {
    Files.writeString(directory.resolve("running"), "torn");

    begin().answered();

    assertThat(records().getFirst().lost()).isEqualTo(Run.UNKNOWN);
  }

  @Test
  void noDamageOfAMarkIsTakenForAnotherRun() throws Exception {
    byte[] whole = RunMark.bytes(new Run(17, 18, "19"));
    assertThat(RunMark.read(whole)).isEqualTo(new Run(17, 18, "19"));
    Seeds.check(random -> {
      for (int round = 0; round < DAMAGES; round++) {
        byte[] damaged = whole.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        assertThat(RunMark.read(damaged)).isEqualTo(Run.UNKNOWN);
        assertThat(RunMark.read(Arrays.copyOf(whole, random.nextInt(whole.length))))
            .isEqualTo(Run.UNKNOWN);
        byte[] noise = new byte[random.nextInt(400)];
        random.nextBytes(noise);
        assertThat(RunMark.read(noise)).isEqualTo(Run.UNKNOWN);
      }
    });
  }

  @Test
  void theLastHundredAreKeptAndIdsGoOn() throws IOException {
    RunWatch _ = begin();
    for (int start = 0; start < StartRecords.RECORDS_MAX + 5; start++) {
      begin().answered();
    }
    List<StartRecord> kept = records();
    assertThat(kept).hasSize(StartRecords.RECORDS_MAX);
    assertThat(kept.getFirst().id()).isEqualTo(6);
    assertThat(kept.getLast().id()).isEqualTo(105);
  }

  @Test
  void findingsAreBounded() throws IOException {
    RunWatch _ = begin();
    RunWatch next = begin();
    for (int line = 0; line < 2 * StartFindings.LINES_MAX; line++) {
      next.findings().count("line" + line, line);
    }
    assertThatThrownBy(() -> next.findings().count("no name", 1))
        .isInstanceOf(IllegalArgumentException.class);
    next.answered();
    assertThat(records().getFirst().found()).hasSize(StartFindings.LINES_MAX);
  }

  @Test
  void damagedRecordsAreACountedColdStartOfTheRecords() throws IOException {
    RunWatch _ = begin();
    RunWatch _ = begin();
    Files.writeString(directory.resolve("state").resolve("starts.state"), "damaged");
    assertThat(StartRecords.look(directory)).isEqualTo(new StartRecords(List.of(), true));

    begin().answered();

    assertThat(meters.counter("state.damaged").value()).isOne();
    assertThat(records()).extracting(StartRecord::id).containsExactly(1L);
  }

  @Test
  void recordsThatVerifyAndMakeNoSenseAreACountedColdStartToo() throws Exception {
    Seeds.check(random -> {
      Meters counted = new Meters();
      FileStateStore store = new FileStateStore(state.state(), 1 << 20, counted);
      for (int round = 1; round <= DAMAGES; round++) {
        byte[] payload = new byte[8 + random.nextInt(200)];
        random.nextBytes(payload);
        payload[0] = 0;
        payload[1] = 0;
        payload[2] = 0;
        payload[3] = 1; // the format, so that more than its first word is read
        payload[4] = (byte) 0xff; // a count that would be too many
        store.save("starts", out -> out.write(payload));
        assertThat(StartRecords.look(directory).isDamaged()).isTrue();
      }
      RunWatch _ = RunWatch.begin(state, store, "1", clock, counted);
      RunWatch.begin(state, store, "1", clock, counted).answered();
      assertThat(counted.counter("state.damaged").value()).isOne();
      assertThat(records()).hasSize(1);
    });
  }

  @Test
  void aCutPieceOfRecordsIsNeverHalfRead() throws IOException {
    RunWatch _ = begin();
    begin().answered();
    byte[] whole =
        new FileStateStore(state.state(), 1 << 20, meters)
            .load("starts")
            .orElseThrow()
            .readAllBytes();
    FileStateStore store = new FileStateStore(state.state(), 1 << 20, meters);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      store.save("starts", out -> out.write(cut));
      assertThat(StartRecords.load(store)).isEqualTo(new StartRecords(List.of(), true));
    }
    store.save(
        "starts",
        out -> {
          out.write(whole);
          out.write("more".getBytes(StandardCharsets.US_ASCII));
        });
    assertThat(StartRecords.load(store).isDamaged()).isTrue();
  }

  private RunWatch begin() {
    return RunWatch.begin(
        state,
        new FileStateStore(state.state(), FileStateStore.PIECE_BYTES_MAX, meters),
        "1.2.3",
        clock,
        meters);
  }

  private List<StartRecord> records() throws IOException {
    StartRecords found = StartRecords.look(directory);
    assertThat(found.isDamaged()).isFalse();
    return found.records();
  }
}
