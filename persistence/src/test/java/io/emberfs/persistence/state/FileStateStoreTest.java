package io.emberfs.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.StateStoreContract;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileStateStoreTest extends StateStoreContract {
  private static final int PIECE_BYTES_MAX = 50_000;

  @TempDir private Path directory;

  @Override
  protected StateStore create(int pieceBytesMax) {
    return new FileStateStore(directory, pieceBytesMax, new Meters());
  }

  @Test
  void anyDamageIsCountedAndThePieceIsAbsent() {
    Seeds.check(random -> {
      Meters meters = new Meters();
      FileStateStore store = new FileStateStore(directory, PIECE_BYTES_MAX, meters);
      byte[] piece = new byte[9_000];
      random.nextBytes(piece);
      for (int round = 1; round <= 200; round++) {
        store.save("a", out -> out.write(piece));
        byte[] whole = Files.readAllBytes(directory.resolve("a.state"));
        byte[] damaged =
            damaged(whole, random.nextInt(3), random.nextInt(whole.length), random.nextInt(8));
        Files.write(directory.resolve("a.state"), damaged);

        assertThat(store.load("a")).as("round %d", round).isEmpty();
        assertThat(meters.counter("state.damaged").value()).isEqualTo(round);
      }
    });
  }

  private static byte[] damaged(byte[] whole, int kind, int position, int bit) {
    byte[] damaged =
        switch (kind) {
          case 0 -> Arrays.copyOf(whole, position);
          case 1 -> Arrays.copyOf(whole, whole.length + 1 + position);
          default -> whole.clone();
        };
    if (kind == 2) {
      damaged[position] ^= (byte) (1 << bit);
    }
    return damaged;
  }

  @Test
  void aPieceUnderAnotherNameIsNotTheOther() throws IOException {
    Meters meters = new Meters();
    FileStateStore store = new FileStateStore(directory, PIECE_BYTES_MAX, meters);
    store.save("a", out -> out.writeInt(1));
    Files.move(directory.resolve("a.state"), directory.resolve("b.state"));

    Optional<DataInputStream> other = store.load("b");

    assertThat(other).isEmpty();
    assertThat(meters.counter("state.damaged").value()).isOne();
  }

  @Test
  void filesAreForTheirOwnerOnlyAndNothingTemporaryStays() throws IOException {
    FileStateStore store = new FileStateStore(directory, PIECE_BYTES_MAX, new Meters());
    store.save("a", out -> out.writeInt(1));

    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(directory.resolve("a.state"));
    }
    assertThat(Files.getPosixFilePermissions(directory.resolve("a.state")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }
}
