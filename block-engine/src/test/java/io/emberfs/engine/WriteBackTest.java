package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Namespace;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import io.emberfs.testkit.Seeds;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a cache that writes back does, one thing at a time. */
class WriteBackTest {
  private static final int O_RDWR = 2;
  private static final String NAME = "file";
  private static final String CONFLICT = NAME + ".emberfs-conflict-1";
  private static final long FLUSH_AGE_MILLIS = 5_000;

  private final EngineFixture engine = EngineFixture.writingBack(65536, 1 << 20, 1 << 20);

  @BeforeEach
  void makeFile() {
    engine.store().changeBehind(NAME, "0123456789".getBytes(UTF_8));
    engine.store().syncAll();
    engine.passYouth();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void theBackingHearsOfAWriteWhenItHasWaitedLongEnough() {
    CachedFile file = engine.open(NAME);
    write(file, 2, "ab");
    assertThat(engine.writeBack().flushStep()).isZero();
    assertThat(backing()).isEqualTo("0123456789");
    assertThat(read(file)).isEqualTo("01ab456789");

    engine.advanceMillis(FLUSH_AGE_MILLIS);

    assertThat(engine.writeBack().flushStep()).isOne();
    assertThat(backing()).isEqualTo("01ab456789");
    assertThat(read(file)).isEqualTo("01ab456789");
    assertThat(engine.journal().records()).isEmpty();
  }

  @Test
  void aSyncReachesTheJournalAndNotTheBacking() {
    CachedFile file = engine.open(NAME);
    engine.cache().sync(file, false);
    int before = engine.faults().callsOf(Operation.SYNC);
    for (int i = 0; i < 10; i++) {
      write(file, i, "x");
      engine.cache().sync(file, true);
    }
    assertThat(engine.faults().callsOf(Operation.SYNC)).isEqualTo(before);
    assertThat(engine.faults().callsOf(Operation.WRITE)).isZero();
    assertThat(engine.journal().durable()).isEqualTo(engine.journal().lastSequence());
  }

  @Test
  void attributesShowWhatWillBe() {
    CachedFile file = engine.open(NAME);
    engine.advanceMillis(1_000);
    long now = engine.clock().wallNanos();
    write(file, 8, "abcdef");
    Attributes dirty = engine.cache().attributes(file.node());
    assertThat(dirty.size()).isEqualTo(14);
    assertThat(dirty.mtimeNanos()).isEqualTo(now);

    engine.advanceMillis(FLUSH_AGE_MILLIS);
    engine.writeBack().flushStep();

    Attributes clean = engine.cache().attributes(file.node());
    assertThat(clean.size()).isEqualTo(14);
    assertThat(clean.mtimeNanos()).as("the flush is no modification").isEqualTo(now);
  }

  @Test
  void aTimeThatWasSetOutlivesTheFlushAndAKill() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "a");
    AttributeChange change = new AttributeChange(null, null, null, null, 1_000L);
    engine.cache().changeInode(file.node(), () -> engine.store().change(file.node(), change));
    assertThat(engine.cache().attributes(file.node()).mtimeNanos()).isEqualTo(1_000);

    engine.restart(false);

    BackingNode node = engine.node(NAME);
    assertThat(engine.cache().attributes(node).mtimeNanos()).isEqualTo(1_000);
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().attributes(node).mtimeNanos()).isEqualTo(1_000);
    assertThat(backing()).isEqualTo("a123456789");
  }

  @Test
  void aTimeThatIsSetToWhatTheBackingHasStays() {
    CachedFile file = engine.open(NAME);
    long before = engine.cache().attributes(file.node()).mtimeNanos();
    engine.advanceMillis(1_000);
    write(file, 0, "a");
    AttributeChange change = new AttributeChange(null, null, null, null, before);
    engine.cache().changeInode(file.node(), () -> engine.store().change(file.node(), change));
    assertThat(engine.cache().attributes(file.node()).mtimeNanos()).isEqualTo(before);

    engine.restart(false);

    BackingNode node = engine.node(NAME);
    assertThat(engine.cache().attributes(node).mtimeNanos()).isEqualTo(before);
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().attributes(node).mtimeNanos()).isEqualTo(before);
  }

  @Test
  void aModeThatIsNotDurableYetMakesNoConflict() {
    CachedFile file = engine.open(NAME);
    changeMode(file, 0640);
    write(file, 0, "ab");
    engine.store().rollBack(NAME);
    engine.restart(false);

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(engine.counter("dirty.conflicts")).isZero();
    assertThat(backing()).isEqualTo("ab23456789");
  }

  @Test
  void aFileThatWeMayNotOpenAnyMoreIsFlushedBefore() {
    engine.faults().before(Operation.OPEN, this::refuseWhatIsReadOnly);
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    changeMode(file, 0444);
    write(file, 2, "cd");

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(backing()).isEqualTo("abcd456789");
    assertThat(engine.store().attributes(file.node()).mode() & 0777).isEqualTo(0444);
  }

  private void refuseWhatIsReadOnly() {
    BackingNode node = engine.node(NAME);
    int mode = engine.store().attributes(node).mode();
    node.release(1);
    if ((mode & 0200) == 0) {
      throw new BackingException(Errno.EACCES, "open", NAME);
    }
  }

  @Test
  void capabilitiesThatAreSetAfterAWriteOutliveTheFlush() {
    byte[] name = name("security.capability");
    CachedFile file = engine.open(NAME);
    engine.faults().after(Operation.WRITE, () -> loseCapabilities(file.node()));
    write(file, 0, "ab");
    engine
        .cache()
        .changeInode(
            file.node(),
            () -> engine.store().setExtendedAttribute(file.node(), name, name("caps"), 0));

    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().extendedAttribute(file.node(), name)).isEqualTo(name("caps"));
    write(file, 0, "cd");

    assertThatThrownBy(() -> engine.store().extendedAttribute(file.node(), name))
        .as("with the first write they are gone")
        .isInstanceOf(BackingException.class);
  }

  /** As the kernel does with each write. */
  private void loseCapabilities(BackingNode node) {
    try {
      engine.store().removeExtendedAttribute(node, name("security.capability"));
    } catch (BackingException none) {
      assertThat(none.errno()).isEqualTo(Errno.ENODATA);
    }
  }

  private void changeMode(CachedFile file, int mode) {
    AttributeChange change = new AttributeChange(mode, null, null, null, null);
    engine.cache().changeInode(file.node(), () -> engine.store().change(file.node(), change));
  }

  @Test
  void anotherOnesChangeStaysAndOursIsKeptBesideIt() {
    CachedFile file = engine.open(NAME);
    write(file, 2, "ab");
    engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(backing()).isEqualTo("foreign!");
    assertThat(read(file)).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("\0\0ab");
    assertThat(engine.counter("dirty.conflicts")).isOne();
    assertThat(engine.findings())
        .containsExactly(Map.entry("conflict1", CONFLICT + " for " + NAME + ", bytes 2 to 3"));
    assertThat(engine.journal().records()).isEmpty();
  }

  @Test
  void anotherOnesChangeWhileNothingRanStaysToo() {
    CachedFile file = engine.open(NAME);
    write(file, 2, "ab");
    engine.cache().sync(file, false);
    engine.restartWith(false, () -> engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8)));

    assertThat(read(engine.open(NAME))).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("\0\0ab");
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.journal().records()).isEmpty();
  }

  @Test
  void conflictsGetNamesThatAreFree() {
    engine.store().changeBehind(CONFLICT, "taken".getBytes(UTF_8));
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));
    engine.writeBack().flushAll();

    assertThat(content(CONFLICT)).isEqualTo("taken");
    assertThat(content(NAME + ".emberfs-conflict-2")).isEqualTo("ab");
  }

  @Test
  void aConflictThatCannotBeKeptStaysInTheJournal() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));
    engine.faults().failAlways(Operation.CREATE, Errno.ENOSPC);

    assertThat(engine.writeBack().flushAll()).isOne();
    assertThat(engine.journal().records()).isNotEmpty();

    engine.faults().heal();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(content(CONFLICT)).isEqualTo("ab");
  }

  @Test
  void changesOfAFileThatIsGoneAreKept() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.cache().sync(file, false);
    engine.restartWith(false, () -> engine.store().removeBehind(NAME));

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content(CONFLICT)).isEqualTo("ab");
  }

  @Test
  void aFileThatWasMovedWhileNothingRanIsFound() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    BackingNode root = engine.store().root();
    engine.restartWith(
        false,
        () -> {
          BackingNode directory =
              engine.store().makeDirectory(root, name("sub"), 0755, new Caller(0, 0, 0, 0));
          long ctimeNanos = engine.store().attributes(engine.node(NAME)).ctimeNanos();
          engine.store().rename(root, name(NAME), directory, name("moved"), 0);
          engine.store().setStatusChangeTime("sub/moved", ctimeNanos);
        });

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content("sub/moved")).isEqualTo("ab23456789");
  }

  @Test
  void anErrorOfTheBackingIsReportedOnceToEachOpen() {
    CachedFile one = engine.open(NAME);
    CachedFile other = engine.open(NAME);
    write(one, 0, "ab");
    engine.faults().failAlways(Operation.WRITE, Errno.ENOSPC);
    assertThat(engine.writeBack().flushAll()).isOne();

    for (CachedFile each : new CachedFile[] {one, other}) {
      assertThatThrownBy(() -> engine.cache().sync(each, false))
          .isInstanceOfSatisfying(
              BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(Errno.ENOSPC));
      engine.cache().sync(each, false);
      engine.cache().flush(each);
    }
    assertThat(read(one)).as("nothing is lost").isEqualTo("ab23456789");

    engine.faults().heal();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(backing()).isEqualTo("ab23456789");
  }

  @Test
  void aFlushThatFailedIsTriedAgainAfterAPause() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.advanceMillis(FLUSH_AGE_MILLIS);
    engine.faults().failAt(Operation.SYNC, 1, Errno.EIO);
    assertThat(engine.writeBack().flushStep()).isOne();
    assertThat(engine.writeBack().flushStep()).isZero();

    engine.faults().heal();
    engine.advanceMillis(30_000);

    assertThat(engine.writeBack().flushStep()).isOne();
    assertThat(backing()).isEqualTo("ab23456789");
  }

  @Test
  void aForeignChangeAfterAFailedFlushIsNoticed() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.faults().failAt(Operation.SYNC, 1, Errno.EIO);
    assertThat(engine.writeBack().flushAll()).isOne();
    engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(backing()).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("ab");
  }

  @Test
  void whoWritesTooMuchDoesTheFlushing() {
    CachedFile file = engine.open(NAME);
    byte[] piece = new byte[256 << 10];
    for (int i = 0; i < 16; i++) {
      Arrays.fill(piece, (byte) i);
      engine.write(file, (long) i * piece.length, piece);
      assertThat(engine.gauge("dirty.bytes")).isLessThanOrEqualTo(1 << 20);
    }
    assertThat(engine.read(file, 0, 1)).containsExactly(0);
    assertThat(engine.read(file, 15L * piece.length, 1)).containsExactly(15);
  }

  @Test
  void whoWritesTooMuchHearsWhyItCannotBeFlushed() {
    CachedFile file = engine.open(NAME);
    engine.faults().failAlways(Operation.WRITE, Errno.ENOSPC);
    engine.write(file, 0, new byte[1 << 20]);

    assertThatThrownBy(() -> engine.write(file, 1 << 20, new byte[4096]))
        .isInstanceOfSatisfying(
            BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(Errno.ENOSPC));

    engine.faults().heal();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().contentOf(NAME)).hasSize(1 << 20);
  }

  @Test
  void aFullJournalLetsWritesThrough() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "a");
    engine.journal().full(true);
    write(file, 1, "b");

    assertThat(backing()).isEqualTo("ab23456789");
    engine.journal().full(false);
    write(file, 2, "c");
    assertThat(backing()).isEqualTo("ab23456789");
    assertThat(read(file)).isEqualTo("abc3456789");
  }

  @Test
  void aJournalThatFailsLosesNothing() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "a");
    engine.journal().fail();
    write(file, 1, "b");
    engine.cache().sync(file, false);
    engine.store().powerCut();

    assertThat(backing()).isEqualTo("ab23456789");
    assertThat(engine.journal().records()).as("nothing old may come back").isEmpty();
  }

  @Test
  void aRemovedFileIsNotFlushedAndLeavesNoRecord() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    BackingNode node = file.node();
    engine
        .cache()
        .changeInode(node, () -> engine.store().unlink(engine.store().root(), name(NAME)));
    write(file, 2, "cd");
    assertThat(read(file)).isEqualTo("abcd456789");
    engine.cache().close(file);
    engine.cache().forget(node);
    node.release(1);

    assertThat(engine.writeBack().dirtyFileCount()).isZero();
    engine.restart(false);
    assertThat(engine.writeBack().dirtyFileCount()).isZero();
    assertThat(engine.store().referencesHeld()).isZero();
  }

  @Test
  void aFileThatGetsItsNameLaterHasItsSyncedBytes() {
    BackingNode root = engine.store().root();
    Namespace.Created created =
        engine.store().createUnnamed(root, O_RDWR, 0600, new Caller(0, 0, 0, 0));
    CachedFile file = engine.cache().created(created, O_RDWR);
    write(file, 0, "synced");
    engine.cache().sync(file, false);
    engine
        .cache()
        .changeInode(
            created.node(),
            () -> engine.store().link(created.node(), root, name("named")).release(1));

    engine.powerCut(Seeds.random(2));

    assertThat(read(engine.open("named"))).isEqualTo("synced");
  }

  @Test
  void anOpenThatCutsIsSeenAndFlushed() {
    CachedFile file = engine.open(NAME);
    write(file, 20, "far");
    CachedFile cut = engine.cache().open(engine.node(NAME), O_RDWR | 01000);
    assertThat(read(cut)).isEmpty();
    write(cut, 0, "new");
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(backing()).isEqualTo("new");
  }

  @Test
  void nothingIsHeldInTheEnd() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine.close(file);
    assertThat(engine.store().referencesHeld()).as("of the dirty file").isOne();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().referencesHeld()).isZero();
    assertThat(engine.store().openFiles()).isZero();
  }

  private void write(CachedFile file, long offset, String text) {
    engine.write(file, offset, text.getBytes(UTF_8));
  }

  private String read(CachedFile file) {
    return new String(engine.read(file, 0, 1000), UTF_8);
  }

  private String backing() {
    return content(NAME);
  }

  private String content(String path) {
    return new String(engine.store().contentOf(path), UTF_8);
  }

  private static byte[] name(String name) {
    return name.getBytes(UTF_8);
  }
}
