package io.emberfs.engine.pin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.NodeIdentity;
import io.emberfs.core.StateStore;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read of the saved pins is what was written, or nothing. */
final class PinStateTest {
  private static final NodeIdentity ROOT = new NodeIdentity(1, 2, 3);
  private static final int FORMAT = 1;

  private final FakeStateStore store = new FakeStateStore(1 << 20);

  @Test
  void whatWasSavedIsLoaded() throws IOException {
    List<PinnedPath> pins =
        List.of(
            pin("a", PinnedPath.RAM, 0),
            pin("a/b\u00ff\n", PinnedPath.RAM | PinnedPath.SSD, PinnedPath.SSD),
            pin("x".repeat(PinnedPath.PATH_BYTES_MAX), PinnedPath.SSD, 0));
    PinState.save(store, ROOT, pins);

    assertThat(PinState.load(store)).contains(new PinState(ROOT, pins));
  }

  @Test
  void withoutAPieceThereIsNothing() throws IOException {
    assertThat(PinState.load(store)).isEmpty();
  }

  @Test
  void pathsThatLeadElsewhereAreNotBelieved() throws IOException {
    for (String path : List.of("", "/etc", "a/", "a//b", "..", "a/../..", "./a", "a/.", "a\0b")) {
      refused(out -> {
        header(out, 1);
        out.writeByte(PinnedPath.RAM);
        out.writeByte(0);
        out.writeShort(path.length());
        out.writeBytes(path);
      });
    }
  }

  @Test
  void whatNobodyWouldHaveWrittenIsNotBelieved() throws IOException {
    refused(out -> out.writeInt(FORMAT + 1));
    refused(out -> header(out, -1));
    refused(out -> header(out, Integer.MAX_VALUE));
    refused(out -> {
      header(out, 0);
      out.writeByte(0);
    });
    refused(out -> entry(out, 0, 0, "a"));
    refused(out -> entry(out, 4, 0, "a"));
    refused(out -> entry(out, PinnedPath.RAM, PinnedPath.SSD, "a"));
    refused(out -> {
      header(out, 1);
      out.writeByte(PinnedPath.RAM);
      out.writeByte(0);
      out.writeShort(PinnedPath.PATH_BYTES_MAX + 1);
      out.writeBytes("x".repeat(PinnedPath.PATH_BYTES_MAX + 1));
    });
    for (List<String> paths : List.of(List.of("b", "a"), List.of("a", "a"))) {
      refused(out -> {
        header(out, paths.size());
        for (String path : paths) {
          out.writeByte(PinnedPath.RAM);
          out.writeByte(0);
          out.writeShort(path.length());
          out.writeBytes(path);
        }
      });
    }
  }

  /** Cut short anywhere, or with bytes turned: nothing, or pins that could have been saved. */
  @Test
  void anyDamageIsNoticedOrHarmless() {
    Seeds.check(random -> {
      List<PinnedPath> pins = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        pins.add(pin("d" + i + "/f", 1 + random.nextInt(3), 0));
      }
      PinState.save(store, ROOT, pins);
      byte[] whole = saved();
      for (int length = 0; length < whole.length; length++) {
        byte[] part = Arrays.copyOf(whole, length);
        refused(out -> out.write(part));
      }
      for (int i = 0; i < 2000; i++) {
        byte[] damaged = whole.clone();
        for (int turns = 1 + random.nextInt(3); turns > 0; turns--) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        loadHarmless(damaged);
      }
    });
  }

  private void loadHarmless(byte[] damaged) throws IOException {
    store.save(PinState.PIECE, out -> out.write(damaged));
    PinState loaded;
    try {
      loaded = PinState.load(store).orElseThrow();
    } catch (IOException noticed) {
      return;
    }
    assertThat(loaded.pins()).hasSizeLessThanOrEqualTo(damaged.length);
    assertThat(loaded.pins()).allMatch(pin -> PinState.isRelative(pin.path()));
    PinState.save(store, loaded.root(), loaded.pins());
    assertThat(saved()).as("one way only to write it").isEqualTo(damaged);
  }

  private byte[] saved() throws IOException {
    return store.load(PinState.PIECE).orElseThrow().readAllBytes();
  }

  private void refused(StateStore.Writer writer) throws IOException {
    store.save(PinState.PIECE, writer);
    assertThatThrownBy(() -> PinState.load(store)).isInstanceOf(IOException.class);
  }

  private static void header(DataOutput out, int count) throws IOException {
    out.writeInt(FORMAT);
    out.writeLong(1);
    out.writeLong(2);
    out.writeLong(3);
    out.writeInt(count);
  }

  private static void entry(DataOutput out, int tiers, int forced, String path) throws IOException {
    header(out, 1);
    out.writeByte(tiers);
    out.writeByte(forced);
    out.writeShort(path.length());
    out.writeBytes(path);
  }

  private static PinnedPath pin(String path, int tiers, int forced) {
    return new PinnedPath(path, tiers, forced, PinnedPath.UNKNOWN, 0);
  }
}
