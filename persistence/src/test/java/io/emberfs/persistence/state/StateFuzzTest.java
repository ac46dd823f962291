package io.emberfs.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.core.Meters;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a state directory are refused, or are exactly what was written. */
final class StateFuzzTest {
  private static final String PIECE = "piece";
  private static final int PIECE_BYTES_MAX = 1 << 16;
  private static final int ROUNDS = 500;

  @TempDir Path temporary;

  @FuzzTest(maxDuration = "10m")
  void hostileBytesAreRefusedOrExact(byte[] bytes) throws IOException {
    piece(bytes);
    startRecords(bytes);
    runMark(bytes);
  }

  @Test
  void aPieceIsExactAndAnyChangedBitIsRefused() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] payload = new byte[random.nextInt(300)];
        random.nextBytes(payload);
        hostileBytesAreRefusedOrExact(payload);
        store().save(PIECE, out -> out.write(payload));
        byte[] whole = Files.readAllBytes(file());
        assertThat(piece(whole)).hasValue(payload);
        byte[] damaged = whole.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        assertThat(piece(damaged)).isEmpty();
        assertThat(piece(Arrays.copyOf(whole, random.nextInt(whole.length)))).isEmpty();
      }
    });
  }

  /** What a store hands out whose file these bytes are. */
  private Optional<byte[]> piece(byte[] bytes) throws IOException {
    Files.write(file(), bytes);
    Optional<DataInputStream> piece = store().load(PIECE);
    if (piece.isEmpty()) {
      return Optional.empty();
    }
    byte[] payload = piece.get().readAllBytes();
    store().save(PIECE, out -> out.write(payload));
    assertThat(Files.readAllBytes(file())).isEqualTo(bytes);
    return Optional.of(payload);
  }

  private static void startRecords(byte[] bytes) throws IOException {
    FakeStateStore store = new FakeStateStore(Math.max(PIECE_BYTES_MAX, 2 * bytes.length));
    store.save(StartRecords.PIECE, out -> out.write(bytes));
    StartRecords records = StartRecords.load(store);
    assertThat(records.records().isEmpty() || !records.isDamaged()).isTrue();
    if (!records.isDamaged()) {
      records.save(store);
      assertThat(StartRecords.load(store)).isEqualTo(records);
    }
  }

  private static void runMark(byte[] bytes) {
    Run run = RunMark.read(bytes);
    if (!run.equals(Run.UNKNOWN)) {
      assertThat(RunMark.read(RunMark.bytes(run))).isEqualTo(run);
    }
  }

  private FileStateStore store() {
    return new FileStateStore(temporary, PIECE_BYTES_MAX, new Meters());
  }

  private Path file() {
    return temporary.resolve(PIECE + FileStateStore.SUFFIX);
  }
}
