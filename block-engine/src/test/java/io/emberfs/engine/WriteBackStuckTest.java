package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Errno;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A file that the backing does not take: what becomes of it, of the journal, and of the others. */
class WriteBackStuckTest {
  private static final String NAME = "file";
  private static final String OTHER = "other";
  private static final String CONFLICT = NAME + ".emberfs-conflict-1";
  private static final long FLUSH_AGE_MILLIS = 5_000;
  private static final int DIRTY_BYTES_MAX = 1 << 20;
  private static final int O_RDWR = 2;
  private static final int O_TRUNC = 01000;

  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final EngineFixture engine = EngineFixture.writingBack(65536, 1 << 20, 1 << 20);
  private final HookedJournal.Hooks hooks = new HookedJournal.Hooks();

  @BeforeEach
  void makeFiles() {
    engine.store().changeBehind(NAME, "0123456789".repeat(1_000).getBytes(UTF_8));
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
  void aForeignChangeIsNoticedBeforeTheFileIsJournaledAnew() {
    stick(engine.open(NAME));
    engine.store().changeBehind(NAME, "foreign!".getBytes(UTF_8));
    hooks.setLong(true);
    engine.writeBack().flushStep();
    hooks.setLong(false);
    engine.faults().heal();

    assertThat(engine.writeBack().flushAll()).isZero();

    assertThat(content(NAME)).isEqualTo("foreign!");
    assertThat(content(CONFLICT)).isEqualTo("new");
  }

  @Test
  void aKillWhileAFileIsJournaledAnewLosesNothing() {
    for (int append = 1; append <= 5; append++) {
      CachedFile file = engine.cache().open(engine.node(NAME), O_RDWR | O_TRUNC);
      write(file, 0, "a" + append);
      write(file, 6_000, "b" + append);
      engine.cache().sync(file, false);
      stick(file);
      String written = content(file);
      killAtAppend(append);

      engine.restart(false);

      engine.faults().heal();
      CachedFile found = engine.open(NAME);
      assertThat(content(found)).as("killed at append %d", append).isEqualTo(written);
      assertThat(engine.writeBack().flushAll()).isZero();
      assertThat(content(NAME)).as("killed at append %d", append).isEqualTo(written);
    }
  }

  private void killAtAppend(int append) {
    int[] left = {append};
    hooks.beforeAppend(() -> {
      if (--left[0] == 0) {
        throw new Killed();
      }
    });
    hooks.setLong(true);
    engine.writeBack().flushStep();
    hooks.setLong(false);
    hooks.beforeAppend(() -> {});
  }

  @Test
  void whatWasJournaledAnewIsEnough() {
    CachedFile file = engine.cache().open(engine.node(NAME), O_RDWR | O_TRUNC);
    write(file, 100, "a");
    write(file, 6_000, "b");
    stick(file);
    String written = content(file);
    int before = engine.journal().records().size();
    hooks.setLong(true);
    engine.writeBack().flushStep();
    hooks.setLong(false);
    assertThat(engine.journal().records()).hasSizeLessThan(before + 6);

    engine.restart(false);

    assertThat(content(engine.open(NAME))).isEqualTo(written);
    engine.faults().heal();
    assertThat(engine.writeBack().flushAll()).isZero();
    assertThat(content(NAME)).isEqualTo(written);
  }

  @Test
  void aFileThatCannotBeLookedForIsNotTriedWithoutPause() {
    write(engine.open(NAME), 0, "new");
    engine.restart(false);
    engine.advanceMillis(FLUSH_AGE_MILLIS);
    engine.faults().failAlways(Operation.NAMESPACE, Errno.EIO);
    hooks.setLong(true);

    assertThat(engine.writeBack().flushStep()).isOne();
    assertThat(engine.writeBack().flushStep()).isZero();

    engine.faults().heal();
    hooks.setLong(false);
    engine.advanceMillis(60_000);
    assertThat(engine.writeBack().flushStep()).isOne();
    assertThat(content(NAME)).startsWith("new3456789");
  }

  @Test
  void othersAreWrittenWhereAStuckFileTakesAllMemory() {
    CachedFile stuck = engine.open(NAME);
    engine.write(stuck, 0, new byte[DIRTY_BYTES_MAX]);
    engine.faults().failAlways(Operation.SYNC, Errno.EIO);
    assertThat(engine.writeBack().flushAll()).isOne();

    CachedFile other = engine.open(OTHER);
    write(other, 0, "OTH");

    assertThat(content(OTHER)).isEqualTo("OTHers");
  }

  /** Has something dirty, and a flush that failed. */
  private void stick(CachedFile file) {
    write(file, 0, "new");
    engine.faults().failAlways(Operation.WRITE, Errno.ENOSPC);
    assertThat(engine.writeBack().flushAll()).isOne();
  }

  private void write(CachedFile file, long offset, String text) {
    engine.write(file, offset, text.getBytes(UTF_8));
  }

  private String content(CachedFile file) {
    return new String(engine.read(file, 0, 100_000), UTF_8);
  }

  private String content(String path) {
    return new String(engine.store().contentOf(path), UTF_8);
  }
}
