package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link StateStore} promises, one sentence of its docstring after the other. */
public abstract class StateStoreContract {
  private static final int PIECE_BYTES_MAX = 10_000;

  private StateStore store;

  /** Makes an empty store. */
  protected abstract StateStore create(int pieceBytesMax) throws Exception;

  @BeforeEach
  void createStore() throws Exception {
    store = create(PIECE_BYTES_MAX);
  }

  @Test
  void anUnknownNameIsAbsent() {
    assertThat(store.load("nothing")).isEmpty();
  }

  @Test
  void whatWasSavedIsLoadedFromItsStart() throws IOException {
    store.save(
        "ram-warm-2",
        out -> {
          out.writeInt(42);
          out.writeUTF("ember");
          out.writeLong(-1);
        });

    for (int time = 0; time < 2; time++) {
      try (DataInputStream piece = store.load("ram-warm-2").orElseThrow()) {
        assertThat(piece.readInt()).isEqualTo(42);
        assertThat(piece.readUTF()).isEqualTo("ember");
        assertThat(piece.readLong()).isEqualTo(-1);
        assertThat(piece.read()).as("end of the piece").isEqualTo(-1);
      }
    }
  }

  @Test
  void anEmptyPieceIsAPiece() throws IOException {
    store.save("empty", _ -> {});

    assertThat(bytesOf("empty")).isEqualTo(new byte[0]);
  }

  @Test
  void aSaveReplacesTheOldPiece() throws IOException {
    save("a", new byte[] {1, 2, 3});
    save("a", new byte[] {9});

    assertThat(bytesOf("a")).isEqualTo(new byte[] {9});
  }

  @Test
  void aFailedSaveLeavesTheOldPiece() throws IOException {
    save("a", new byte[] {1, 2, 3});

    assertThatThrownBy(() ->
            store.save(
                "a",
                out -> {
                  out.write(7);
                  throw new IOException("halfway");
                }))
        .isInstanceOf(IOException.class);

    assertThat(bytesOf("a")).isEqualTo(new byte[] {1, 2, 3});
  }

  @Test
  void aPieceLongerThanTheBoundIsRefused() throws IOException {
    save("a", new byte[PIECE_BYTES_MAX]);
    assertThat(bytesOf("a")).hasSize(PIECE_BYTES_MAX);

    assertThatThrownBy(() -> save("a", new byte[PIECE_BYTES_MAX + 1]))
        .isInstanceOf(IOException.class);

    assertThat(bytesOf("a")).hasSize(PIECE_BYTES_MAX);
  }

  @Test
  void aRemovedPieceIsAbsent() throws IOException {
    save("a", new byte[] {1});
    save("b", new byte[] {2});

    store.remove("a");
    store.remove("never-there");

    assertThat(store.load("a")).isEmpty();
    assertThat(bytesOf("b")).isEqualTo(new byte[] {2});
  }

  @Test
  void otherNamesAreRefused() {
    for (String name : new String[] {"", "A", "a/b", "..", "a.b", "ä", "x".repeat(65)}) {
      assertThatThrownBy(() -> store.load(name))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> save(name, new byte[1]))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.remove(name))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anyOrderOfSavesAndRemovalsShowsTheLast() {
    Seeds.check(random -> {
      Map<String, byte[]> model = new HashMap<>();
      for (int step = 0; step < 60; step++) {
        String name = "piece-" + random.nextInt(4);
        if (random.nextInt(4) == 0) {
          store.remove(name);
          model.remove(name);
        } else {
          byte[] bytes = new byte[random.nextInt(PIECE_BYTES_MAX + 1)];
          random.nextBytes(bytes);
          save(name, bytes);
          model.put(name, bytes);
        }
        for (int i = 0; i < 4; i++) {
          Optional<byte[]> expected = Optional.ofNullable(model.get("piece-" + i));
          assertThat(store.load("piece-" + i).isPresent()).isEqualTo(expected.isPresent());
          if (expected.isPresent()) {
            assertThat(bytesOf("piece-" + i)).isEqualTo(expected.get());
          }
        }
      }
    });
  }

  private void save(String name, byte[] bytes) throws IOException {
    store.save(name, out -> out.write(bytes));
  }

  private byte[] bytesOf(String name) throws IOException {
    try (DataInputStream piece = store.load(name).orElseThrow()) {
      return piece.readAllBytes();
    }
  }
}
