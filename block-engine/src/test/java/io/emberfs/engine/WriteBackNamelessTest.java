package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Caller;
import io.emberfs.core.Namespace;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Dirty files that lose their last name: by an unlink, or a rename over them. */
class WriteBackNamelessTest {
  private static final int O_RDWR = 2;
  private static final String NAME = "file";
  private static final long FLUSH_AGE_MILLIS = 5_000;

  private final EngineFixture engine = EngineFixture.writingBack(65536, 1 << 20, 1 << 20);
  private final BackingNode root = engine.store().root();

  @BeforeEach
  void makeFile() {
    // One that the fake can give its name back to, as a power cut would.
    Namespace.Created created =
        engine.store().createUnnamed(root, O_RDWR, 0600, new Caller(0, 0, 0, 0));
    engine.store().link(created.node(), root, name(NAME)).release(1);
    created.file().close();
    created.node().release(1);
    engine.store().changeBehind(NAME, "0123456789".getBytes(UTF_8));
    engine.store().changeBehind("new", "new".getBytes(UTF_8));
    engine.store().syncAll();
    engine.passYouth();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void whatWasSyncedIsThereIfAPowerCutTakesTheRenameOverItBack() {
    BackingNode replaced = engine.node(NAME);
    writeSynced();
    renameOver(replaced);
    CachedFile other = engine.open(NAME);
    write(other, 0, "N");
    engine.cache().sync(other, false);

    engine.restartWith(
        false,
        () -> {
          engine.store().rename(root, name(NAME), root, name("new"), 0);
          engine.store().link(replaced, root, name(NAME)).release(1);
          assertThat(engine.store().rollBack(NAME)).isTrue();
          assertThat(engine.store().rollBack("new")).isTrue();
        });

    assertThat(content(NAME)).as("what the power cut left in the backing").isEqualTo("0123456789");
    assertThat(read(engine.open(NAME))).isEqualTo("synced6789");
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(content(NAME)).isEqualTo("synced6789");
    assertThat(content("new")).isEqualTo("New");
    assertThat(engine.counter("dirty.conflicts")).isZero();
  }

  @Test
  void aFileThatWeRemovedIsNoConflictAfterAKill() {
    BackingNode removed = engine.node(NAME);
    writeSynced();
    unlink(removed);

    engine.restart(false);

    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(engine.counter("dirty.conflicts")).isZero();
    assertThat(engine.journal().records()).isEmpty();
  }

  @Test
  void aRemovedFileGoesWhenItsRemovalIsDurable() {
    BackingNode removed = engine.node(NAME);
    writeSynced();
    unlink(removed);
    assertThat(engine.journal().records()).isNotEmpty();
    removed.release(1);

    engine.advanceMillis(FLUSH_AGE_MILLIS);
    engine.writeBack().flushStep();

    assertThat(engine.faults().callsOf(Operation.WRITE)).as("its bytes go nowhere").isZero();
    assertThat(engine.journal().records()).isEmpty();
    assertThat(engine.writeBack().dirtyFileCount()).isZero();
    assertThat(engine.gauge("dirty.bytes")).isZero();
    assertThat(engine.store().referencesHeld()).isZero();
  }

  @Test
  void aRemovedFileThatIsOpenGoesOn() {
    BackingNode removed = engine.node(NAME);
    CachedFile file = engine.open(NAME);
    write(file, 0, "synced");
    engine.cache().sync(file, false);
    engine.cache().changeInode(removed, () -> engine.store().unlink(root, name(NAME)));
    write(file, 0, "SY");
    engine.advanceMillis(FLUSH_AGE_MILLIS);
    engine.writeBack().flushStep();
    write(file, 2, "NC");

    assertThat(read(file)).isEqualTo("SYNCed6789");
    engine.cache().close(file);
    engine.cache().forget(removed);
    assertThat(engine.writeBack().dirtyFileCount()).isZero();
    engine.restart(false);
    assertThat(engine.writeBack().dirtyFileCount()).isZero();
  }

  @Test
  void filesThatAreRemovedBeforeTheyAreFlushedDoNotFillTheJournal() {
    BackingNode removed = engine.node(NAME);
    CachedFile file = engine.open(NAME);
    write(file, 0, "not synced");
    engine.close(file);
    unlink(removed);

    engine.writeBack().flushStep();

    assertThat(engine.journal().records()).isEmpty();
  }

  private void writeSynced() {
    CachedFile file = engine.open(NAME);
    write(file, 0, "synced");
    engine.cache().sync(file, false);
    engine.close(file);
  }

  private void renameOver(BackingNode replaced) {
    BackingNode moved = engine.node("new");
    engine
        .cache()
        .changeInode(
            moved,
            () ->
                engine
                    .cache()
                    .changeInode(
                        replaced,
                        () -> engine.store().rename(root, name("new"), root, name(NAME), 0)));
    engine.cache().forget(replaced);
    moved.release(1);
  }

  private void unlink(BackingNode removed) {
    engine.cache().changeInode(removed, () -> engine.store().unlink(root, name(NAME)));
    engine.cache().forget(removed);
  }

  private void write(CachedFile file, long offset, String text) {
    engine.write(file, offset, text.getBytes(UTF_8));
  }

  private String read(CachedFile file) {
    return new String(engine.read(file, 0, 1000), UTF_8);
  }

  private String content(String path) {
    return new String(engine.store().contentOf(path), UTF_8);
  }

  private static byte[] name(String name) {
    return name.getBytes(UTF_8);
  }
}
