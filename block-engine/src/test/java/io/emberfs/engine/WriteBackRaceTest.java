package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Caller;
import io.emberfs.core.Namespace;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to a file in the middle of something else that happens to it. */
class WriteBackRaceTest {
  private static final String NAME = "file";
  private static final String OTHER = "other";
  private static final String CONFLICT = NAME + ".emberfs-conflict-1";
  private static final int O_RDWR = 2;
  private static final int O_TRUNC = 01000;

  private static final class PowerCut extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final EngineFixture engine = EngineFixture.writingBack(65536, 1 << 20, 1 << 20);
  private final HookedJournal.Hooks hooks = new HookedJournal.Hooks();

  @BeforeEach
  void makeFiles() {
    engine.store().changeBehind(NAME, "0123456789".getBytes(UTF_8));
    engine.store().changeBehind(OTHER, "others".getBytes(UTF_8));
    engine.store().syncAll();
    engine.passYouth();
    engine.wrapJournal(journal -> new HookedJournal(journal, hooks));
    engine.restart(true);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void aForeignChangeWhileAFlushSyncsIsNoOneOfOurs() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    engine
        .faults()
        .after(
            Operation.SYNC,
            once(() -> {
              write(file, 4, "cd");
              engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));
            }));
    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content(NAME)).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("\0\0\0\0cd");
  }

  @Test
  void aForeignChangeWhileTheIntentIsSyncedIsNotOverwritten() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    hooks.beforeSync(once(() -> engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8))));

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content(NAME)).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("ab");
    assertThat(engine.journal().records()).isEmpty();
  }

  @Test
  void aForeignChangeWhileOurChangeOfTheInodeIsAnnouncedIsNotOverwritten() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    hooks.beforeSync(once(() -> engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8))));
    changeMode(file.node());

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content(NAME)).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("ab");
  }

  @Test
  void aTimeThatIsSetDuringAFlushStays() {
    CachedFile file = engine.open(NAME);
    engine.advanceMillis(1_000);
    write(file, 0, "ab");
    engine.faults().before(Operation.WRITE, once(() -> changeTime(file.node(), 1_000L)));
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.cache().attributes(file.node()).mtimeNanos()).isEqualTo(1_000);

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(engine.store().attributes(file.node()).mtimeNanos()).isEqualTo(1_000);
    assertThat(content(NAME)).isEqualTo("ab23456789");
  }

  @Test
  void aCreationThatCutsDuringAFlushCuts() throws InterruptedException {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    Thread creating = new Thread(this::createAgain);
    engine
        .faults()
        .before(
            Operation.WRITE,
            once(() -> {
              creating.start();
              awaitWaiting(creating);
            }));

    engine.writeBack().flushAll();

    creating.join();
    CachedFile again = engine.open(NAME);
    engine.cache().sync(again, false);
    assertThat(engine.read(again, 0, 100)).isEmpty();
    engine.powerCut(Seeds.random(1));
    assertThat(engine.read(engine.open(NAME), 0, 100)).isEmpty();
  }

  private void createAgain() {
    Namespace.Created created =
        engine
            .store()
            .create(
                engine.store().root(),
                NAME.getBytes(UTF_8),
                O_RDWR | O_TRUNC,
                0600,
                new Caller(0, 0, 0, 0));
    CachedFile _ = engine.cache().created(created, O_RDWR | O_TRUNC);
  }

  @Test
  void aCreationThatCutsIsDurableAfterTheSyncOfAnotherOpen() {
    CachedFile file = engine.open(NAME);
    engine.cache().sync(file, false);
    createAgain();

    engine.cache().sync(file, false);
    engine.powerCut(Seeds.random(1));

    assertThat(engine.read(engine.open(NAME), 0, 100)).isEmpty();
  }

  @Test
  void whatIsChangedAtOnceBehindAFlushIsNotOverwrittenAfterAPowerCut() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "ab");
    int[] syncs = {0};
    // The second sync is the one after the flush.
    hooks.beforeSync(() -> {
      if (++syncs[0] == 2) {
        engine.punch(file, 0, 1);
        engine.cache().sync(file, false);
        throw new PowerCut();
      }
    });
    try {
      engine.writeBack().flushAll();
    } catch (PowerCut expected) {
      hooks.beforeSync(() -> {});
    }
    engine.powerCut(Seeds.random(1));

    assertThat(new String(engine.read(engine.open(NAME), 0, 100), UTF_8)).isEqualTo("\0b23456789");
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(content(NAME)).isEqualTo("\0b23456789");
  }

  @Test
  void aCopyAndARenameOfTheSameFilesDoNotWaitForEachOther() throws InterruptedException {
    CachedFile file = engine.open(NAME);
    CachedFile other = engine.open(OTHER);
    CountDownLatch hasFirst = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread renaming =
        Thread.ofPlatform()
            .daemon()
            .start(() ->
                engine
                    .cache()
                    .changeInode(
                        file.node(),
                        () -> {
                          hasFirst.countDown();
                          await(goOn);
                          engine.cache().changeInode(other.node(), () -> {});
                        }));
    hasFirst.await();
    Thread copying =
        Thread.ofPlatform().daemon().start(() -> engine.copyRange(file, 0, other, 0, 4));
    awaitWaiting(copying);
    goOn.countDown();

    renaming.join(10_000);
    copying.join(10_000);

    assertThat(renaming.isAlive() || copying.isAlive()).as("they wait for each other").isFalse();
    assertThat(content(OTHER)).isEqualTo("0123rs");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }

  /** Until a thread waits for somebody, or has ended. */
  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TERMINATED) {
      Thread.onSpinWait();
    }
  }

  private static Runnable once(Runnable event) {
    boolean[] isDone = {false};
    return () -> {
      if (!isDone[0]) {
        isDone[0] = true;
        event.run();
      }
    };
  }

  private void changeMode(BackingNode node) {
    AttributeChange change = new AttributeChange(0640, null, null, null, null);
    engine.cache().changeInode(node, () -> engine.store().change(node, change));
  }

  private void changeTime(BackingNode node, long mtimeNanos) {
    AttributeChange change = new AttributeChange(null, null, null, null, mtimeNanos);
    engine.cache().changeInode(node, () -> engine.store().change(node, change));
  }

  @Test
  void aCutThatThePowerTookBackIsNoReturnToBeforeTheSync() throws IOException {
    CachedFile file = engine.open(NAME);
    write(file, 0, "synced");
    engine.cache().sync(file, false);
    createAgain();
    // All of the journal reaches its disk, and nothing of the backing.
    engine.journal().sync(engine.journal().lastSequence());

    engine.powerCut(Seeds.random(1));

    assertThat(engine.read(engine.open(NAME), 0, 100)).as("it is cut").isEmpty();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.store().contentOf(NAME)).isEmpty();
    assertThat(engine.counter("dirty.conflicts")).isZero();
  }

  private void write(CachedFile file, long offset, String text) {
    engine.write(file, offset, text.getBytes(UTF_8));
  }

  private String content(String path) {
    return new String(engine.store().contentOf(path), UTF_8);
  }
}
