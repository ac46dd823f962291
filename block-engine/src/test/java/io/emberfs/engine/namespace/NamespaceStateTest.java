package io.emberfs.engine.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.Caller;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What is loaded is what was saved, or damage; never anything else, whatever the bytes are. */
final class NamespaceStateTest {
  private static final String PIECE = "namespace";
  private static final long MEMORY_BYTES = 1 << 20;
  private static final int DAMAGES = 3000;

  private final FakeBackingStore backing = new FakeBackingStore(new FakeClock());
  private final FakeStateStore state = new FakeStateStore(1 << 20);

  @Test
  void aLoadedMemorySavesTheSameBytes() throws Exception {
    Seeds.check(random -> {
      NamespaceState.Header header = save(random);
      NamespaceMemory loaded = new NamespaceMemory(MEMORY_BYTES);
      NamespaceState.Opened opened = NamespaceState.open(state).orElseThrow();
      assertThat(opened.header()).isEqualTo(header);
      NamespaceState.load(opened, loaded);
      int length = saved().length;

      NamespaceState.save(state, header, loaded);
      assertThat(saved()).hasSize(length);
      NamespaceMemory again = new NamespaceMemory(MEMORY_BYTES);
      NamespaceState.load(NamespaceState.open(state).orElseThrow(), again);
      assertThat(again.nodeCount()).isEqualTo(loaded.nodeCount()).isGreaterThan(50);
      assertThat(again.bytes()).isEqualTo(loaded.bytes());
    });
  }

  @Test
  void nothingIsFoundWhereNothingWasSaved() throws Exception {
    assertThat(NamespaceState.open(state)).isEmpty();
  }

  @Test
  void anyDamageIsAnIoExceptionOrAnotherSmallMemory() throws Exception {
    Seeds.check(random -> {
      NamespaceState.Header _ = save(random);
      byte[] whole = saved();
      int refused = 0;
      for (int i = 0; i < DAMAGES; i++) {
        byte[] damaged = damage(whole, random);
        state.save(PIECE, out -> out.write(damaged));
        NamespaceMemory memory = new NamespaceMemory(MEMORY_BYTES);
        try {
          var opened = NamespaceState.open(state);
          if (opened.isPresent()) {
            NamespaceState.load(opened.get(), memory);
          }
        } catch (IOException expected) {
          refused++;
        }
        assertThat(memory.bytes()).isLessThan(2 * MEMORY_BYTES);
      }
      assertThat(refused).isGreaterThan(DAMAGES / 10);
    });
  }

  @Test
  void ofMoreThanThereIsRoomForAPartIsTakenUp() throws Exception {
    Seeds.check(random -> {
      NamespaceState.Header _ = save(random);
      NamespaceMemory little = new NamespaceMemory(5000);
      NamespaceState.load(NamespaceState.open(state).orElseThrow(), little);
      assertThat(little.nodeCount()).isBetween(2, 40);
    });
  }

  /** What is mounted below the root: it may be something else at the next start. */
  @Test
  void onlyTheFileSystemOfTheRootIsSaved() throws Exception {
    NodeIdentity root = backing.root().identity();
    NodeIdentity inside = new NodeIdentity(root.fileSystemId(), 1000, 1);
    NodeIdentity elsewhere = new NodeIdentity(root.fileSystemId() + 1, 1000, 1);
    NamespaceMemory memory = new NamespaceMemory(MEMORY_BYTES);
    for (NodeIdentity directory : new NodeIdentity[] {inside, elsewhere}) {
      Listing.Entry near = new Listing.Entry(new EntryName(bytes("near")), 1, 4, 1);
      near.setChild(new Child(inside, 0040000));
      Listing.Entry far = new Listing.Entry(new EntryName(bytes("far")), 2, 4, 2);
      far.setChild(new Child(elsewhere, 0040000));
      Listing listing = new Listing(List.of(near, far));
      assertThat(
              memory.restore(
                  directory, new NodeMemory.Saved(null, null, null, null, null, listing, true)))
          .isTrue();
    }
    NamespaceState.save(state, new NamespaceState.Header(new MarkId(1, 2), root), memory);
    NamespaceMemory loaded = new NamespaceMemory(MEMORY_BYTES);
    NamespaceState.load(NamespaceState.open(state).orElseThrow(), loaded);
    assertThat(loaded.nodeCount()).isEqualTo(1);
    Listing listing = Objects.requireNonNull(loaded.of(inside)).listing();
    assertThat(listing).isNotNull();
    assertThat(listing.entries().get(0).child()).isEqualTo(new Child(inside, 0040000));
    assertThat(listing.entries().get(1).child()).isNull();
  }

  private NamespaceState.Header save(RandomGenerator random) throws IOException {
    Caller caller = new Caller(0, 0, 0, 0);
    BackingNode root = backing.root();
    for (int i = 0; i < 10; i++) {
      BackingNode directory = backing.makeDirectory(root, bytes("d" + i), 0755, caller);
      for (int j = 0; j < 5; j++) {
        BackingNode file = backing.makeNode(directory, bytes("f" + j), 0100644, 0, caller);
        if (random.nextBoolean()) {
          backing.setExtendedAttribute(file, bytes("user.colour"), bytes("c" + i), 0);
        }
        file.release(1);
      }
      backing.makeSymbolicLink(directory, bytes("link"), bytes("f" + i), caller).release(1);
      directory.release(1);
    }
    RememberingBackingStore store =
        new RememberingBackingStore(backing, MEMORY_BYTES, new Meters());
    String _ = TreeWalk.textOf(store);
    NamespaceState.Header header = new NamespaceState.Header(MarkId.drawn(random), root.identity());
    NamespaceState.save(state, header, store.memory());
    return header;
  }

  private static byte[] damage(byte[] whole, RandomGenerator random) {
    byte[] damaged = whole.clone();
    switch (random.nextInt(4)) {
      case 0 -> damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> {
        int from = random.nextInt(damaged.length);
        Arrays.fill(damaged, from, Math.min(damaged.length, from + 64), (byte) random.nextInt());
      }
      case 2 -> damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      default -> {
        ByteArrayOutputStream longer = new ByteArrayOutputStream();
        int cut = random.nextInt(damaged.length);
        longer.write(damaged, 0, cut);
        longer.write(damaged, random.nextInt(cut + 1), damaged.length - cut);
        damaged = longer.toByteArray();
      }
    }
    return damaged;
  }

  private byte[] saved() throws IOException {
    try (DataInputStream in = state.load(PIECE).orElseThrow()) {
      return in.readAllBytes();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
