package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Errno;
import io.emberfs.core.Pins;
import io.emberfs.core.Pins.Outcome;
import io.emberfs.core.TierPins;
import io.emberfs.testkit.FaultyBackingStore;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pins from the path that a user names to the tier that holds the blocks. */
final class EnginePinTest {
  private static final int BLOCK_SIZE = 16 << 10;
  private static final long RAM_BYTES = 4 << 20;
  private static final int FILE_BYTES = 1 << 20;
  private static final int SCANNED_FILES = 12;
  private static final int DEPTH = 1500;
  private static final long SMALL_STACK_BYTES = 192 << 10;
  private static final long ROUND_MILLIS = 10_001;

  private final EngineFixture engine = new EngineFixture(BLOCK_SIZE, RAM_BYTES, 0);

  @BeforeEach
  void makeFiles() {
    for (String name : List.of("a", "b", "d/b", "d/e/c", "d.x")) {
      engine.store().changeBehind(name, new byte[FILE_BYTES]);
    }
    for (int i = 0; i < SCANNED_FILES; i++) {
      engine.store().changeBehind("scanned-" + i, new byte[FILE_BYTES]);
    }
    engine.passYouth();
  }

  @AfterEach
  void close() {
    engine.close();
    assertThat(engine.store().referencesHeld()).as("nodes kept").isZero();
  }

  @Test
  void aPinnedFileIsServedAfterAScanOfThreeTimesTheTier() {
    assertThat(pin("a")).isEqualTo(new Outcome.Done(1, FILE_BYTES));
    read("a");
    scan();
    assertThat(missesOf("a")).isZero();

    assertThat(ramPins().heldBytes()).isPositive();

    assertThat(pins().unpin(List.of("a"), "all")).isEqualTo(new Outcome.Done(1, FILE_BYTES));

    assertThat(ramPins().heldBytes()).isZero();
    assertThat(list("")).isEmpty();
  }

  @Test
  void aFileWithoutAPinIsNotServedAfterThatScan() {
    read("a");
    scan();
    assertThat(missesOf("a")).isPositive();
  }

  @Test
  void aDirectoryIsAllFilesBelowItAndNoneBesideIt() {
    assertThat(pins().pin(List.of("d", "d/b"), "ram", true))
        .isEqualTo(new Outcome.Done(2, 2L * FILE_BYTES));
    assertThat(list("")).containsExactly("d/b", "d/e/c");
    assertThat(list("d/e")).containsExactly("d/e/c");
    assertThat(list("d.x")).isEmpty();
    assertThat(pins().list(List.of(""), "d/b", 10)).hasSize(1);

    pins().unpin(List.of("d"), "ram");
    assertThat(list("")).isEmpty();
  }

  @Test
  void whatIsMoreThanHalfOfTheTierIsRefusedUnlessForcedAndNothingChanges() {
    assertThat(pin("a")).isInstanceOf(Outcome.Done.class);
    long half = ramPins().bytesMax(TierPins.PERCENT_DEFAULT);
    long forced = ramPins().bytesMax(Pins.PERCENT_FORCED);
    assertThat(half).isLessThan(2L * FILE_BYTES).isGreaterThan(FILE_BYTES);

    assertThat(pins().pin(List.of("b"), "ram", false))
        .isEqualTo(new Outcome.NoRoom(2L * FILE_BYTES, half, forced));
    assertThat(list("")).containsExactly("a");

    assertThat(pins().pin(List.of("b"), "ram", true)).isInstanceOf(Outcome.Done.class);
    read("a");
    read("b");
    scan();
    assertThat(missesOf("a") + missesOf("b")).isZero();

    assertThat(pins().pin(List.of("d.x", "d/e/c"), "ram", true))
        .as("slots that came into use take room from pages")
        .isEqualTo(
            new Outcome.NoRoom(
                4L * FILE_BYTES,
                ramPins().bytesMax(TierPins.PERCENT_DEFAULT),
                ramPins().bytesMax(Pins.PERCENT_FORCED)));
    assertThat(list("")).containsExactly("a", "b");
  }

  @Test
  void withoutForceTheShareIsTheUsualOneAgain() {
    pin("a");
    pins().pin(List.of("b"), "ram", true);
    TierPins held = ramPins();
    long half = held.bytesMax(TierPins.PERCENT_DEFAULT);
    read("a");
    read("b");
    scan();
    assertThat(held.heldBytes()).isGreaterThan(half);

    pins().unpin(List.of("b"), "ram");
    engine.store().changeBehind("a", new byte[3 * FILE_BYTES]);
    engine.passYouth();
    read("a", 3 * FILE_BYTES);
    scan();
    long halfNow = held.bytesMax(TierPins.PERCENT_DEFAULT); // more slots are in use
    assertThat(held.heldBytes()).isBetween(halfNow - BLOCK_SIZE, halfNow);
  }

  /** A tree may be deeper than the stack of a thread that has little of it. */
  @Test
  void aTreeOfAnyDepthIsLookedThrough() throws Exception {
    String deep = "deep" + "/d".repeat(DEPTH) + "/f";
    engine.store().changeBehind(deep, new byte[1]);
    engine.passYouth();
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Thread asking = new Thread(null, () -> outcome.set(pin("deep")), "small", SMALL_STACK_BYTES);
    asking.start();
    asking.join();
    assertThat(outcome.get()).isEqualTo(new Outcome.Done(1, 1));
  }

  @Test
  void whatCannotBePinnedIsSaidSo() {
    assertThat(pins().pin(List.of("a", "none"), "ram", false))
        .isEqualTo(new Outcome.Absent("none"));
    assertThat(pins().pin(List.of("a/b"), "ram", false)).isEqualTo(new Outcome.Absent("a/b"));
    assertThat(pins().pin(List.of("a"), "ssd", false)).isEqualTo(new Outcome.NoTier());
    assertThat(pins().pin(List.of("a"), "vram", false)).isEqualTo(new Outcome.NoTier());
    assertThat(pins().pin(List.of("d/../a"), "ram", false)).isInstanceOf(Outcome.Failed.class);
    engine.engine().chain().ram().resize(0);
    assertThat(pins().pin(List.of("a"), "ram", false)).isEqualTo(new Outcome.NoTier());
    assertThat(list("")).isEmpty();
  }

  @Test
  void aPinSurvivesARestartAndAKill() {
    pin("a");
    pin("none");
    for (boolean clean : new boolean[] {true, false}) {
      engine.restart(clean);
      engine.engine().loadPins();
      settle();
      assertThat(list("")).containsExactly("a");
      read("a");
      scan();
      assertThat(missesOf("a")).isZero();
    }
  }

  @Test
  void damagedPinsAreNone() throws Exception {
    pin("a");
    engine.restart(true);
    byte[] saved = savedPins();
    engine.state().save("pins", out -> out.write(saved, 0, saved.length - 1));
    engine.engine().loadPins();
    settle();

    assertThat(list("")).isEmpty();
    assertThat(engine.counter("pins.damaged")).isOne();
    assertThat(pin("a")).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void thePinOfAFileThatIsGoneIsDropped() {
    engine.store().changeBehind("small", new byte[1]);
    pin("a");
    pin("small");
    engine.store().unlink(engine.store().root(), "a".getBytes(UTF_8));
    engine.advanceMillis(ROUND_MILLIS);
    settle();

    assertThat(list("")).containsExactly("small");
    assertThat(engine.counter("pins.dropped")).isOne();
    engine.restart(false);
    engine.engine().loadPins();
    assertThat(list("")).containsExactly("small");
  }

  /** As an editor saves: under another name first, and that is renamed over the old one. */
  @Test
  void aFileThatIsRenamedOverAPinnedOneTakesThePinOver() {
    pin("a");
    engine.store().changeBehind("new", new byte[FILE_BYTES]);
    engine
        .store()
        .rename(
            engine.store().root(),
            "new".getBytes(UTF_8),
            engine.store().root(),
            "a".getBytes(UTF_8),
            0);
    engine.passYouth();
    engine.advanceMillis(ROUND_MILLIS);
    settle();

    read("a");
    scan();
    assertThat(missesOf("a")).isZero();
  }

  /** The volume was not mounted when the mount was made: that says nothing about its files. */
  @Test
  void anotherDirectoryCostsNoPins() throws Exception {
    pin("a");
    engine.restart(true);
    byte[] saved = savedPins();
    saved[Integer.BYTES] ^= 1; // of the number of the file system
    engine.state().save("pins", out -> out.write(saved));
    engine.engine().loadPins();
    engine.store().unlink(engine.store().root(), "a".getBytes(UTF_8));
    settle();

    assertThat(list("")).containsExactly("a");
    assertThat(pins().pin(List.of("b"), "ram", false))
        .as("the first pin would be dropped for not being here")
        .isInstanceOf(Outcome.Failed.class);
    assertThat(pins().unpin(List.of("a"), "all")).isEqualTo(new Outcome.Done(1, FILE_BYTES));
  }

  @Test
  void aBackingThatDoesNotAnswerCostsNoPins() {
    pin("a");
    engine.faults().failAlways(FaultyBackingStore.Operation.NAMESPACE, Errno.EIO);
    engine.advanceMillis(ROUND_MILLIS);
    settle();
    assertThat(pins().list(List.of(""), "", 10))
        .containsExactly(new Pins.Pin("a", FILE_BYTES, Map.of("ram", 0L)));
  }

  /** A pin is about eviction only: what a write makes wrong goes as ever. */
  @Test
  void aPinnedFileThatIsWrittenOrChangedIsReadRight() {
    pin("a");
    read("a");
    scan();
    CachedFile file = engine.open("a");
    engine.write(file, 5, new byte[] {1, 2, 3});
    assertThat(engine.read(file, 4, 5)).containsExactly(0, 1, 2, 3, 0);
    engine.truncate("a", 6);
    assertThat(engine.read(file, 0, 100)).hasSize(6);
    engine.close(file);
    engine.store().changeBehind("a", new byte[] {9});
    engine.passAttributeTtl();
    CachedFile again = engine.open("a");
    assertThat(engine.read(again, 0, 100)).containsExactly(9);
    engine.close(again);
  }

  private Pins pins() {
    return engine.engine().pins();
  }

  private TierPins ramPins() {
    return engine.engine().chain().ram().pins();
  }

  private Outcome pin(String path) {
    return pins().pin(List.of(path), "ram", false);
  }

  private List<String> list(String path) {
    return pins().list(List.of(path), "", 1000).stream().map(Pins.Pin::path).toList();
  }

  private void settle() {
    for (int i = 0; i < 10; i++) {
      engine.engine().pinStep();
    }
  }

  private void scan() {
    for (int i = 0; i < SCANNED_FILES; i++) {
      read("scanned-" + i);
    }
  }

  private void read(String name) {
    read(name, FILE_BYTES);
  }

  private void read(String name, long bytes) {
    CachedFile file = engine.open(name);
    for (long offset = 0; offset < bytes; offset += BLOCK_SIZE) {
      assertThat(engine.read(file, offset, BLOCK_SIZE)).isNotEmpty();
      engine.runRoles();
    }
    engine.close(file);
  }

  private long missesOf(String name) {
    long before = engine.counter("backing.reads");
    read(name);
    return engine.counter("backing.reads") - before;
  }

  private byte[] savedPins() throws IOException {
    return engine.state().load("pins").orElseThrow().readAllBytes();
  }
}
