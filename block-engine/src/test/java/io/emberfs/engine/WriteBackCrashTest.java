package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A life of a file that is written, synced, renamed, cut and flushed, ended at every call to the
 * backing and to the journal, once before and once after that call took effect; then taken up
 * again, and that ended at every call too.
 *
 * <p>What a sync acknowledged is there afterwards, and nothing is mixed: the file is as it was at
 * one moment of its life since the last acknowledged sync.
 */
class WriteBackCrashTest {
  private static final int BLOCK_SIZE = 65536;
  private static final int CALLS_MAX = 400;
  private static final int REPLAY_CALLS_MAX = 60;

  /** How it ends. */
  enum End {
    KILL,
    POWER_CUT
  }

  @ParameterizedTest
  @EnumSource
  void whatWasAcknowledgedIsThereAfterAnEndAtAnyCall(End end) {
    int crashes = 0;
    for (int call = 1; call <= CALLS_MAX; call++) {
      if (!live(end, call, 0)) {
        break;
      }
      crashes++;
    }
    assertThat(crashes).as("calls of one life").isBetween(60, CALLS_MAX - 1);
  }

  @ParameterizedTest
  @EnumSource
  void theTakingUpCanBeEndedAtAnyCallToo(End end) {
    int crashes = 0;
    for (int call = 5; call <= CALLS_MAX; call += 7) {
      for (int second = 1; second <= REPLAY_CALLS_MAX; second++) {
        if (!live(end, call, second)) {
          break;
        }
        crashes++;
      }
    }
    assertThat(crashes).as("ends in the middle of taking up").isGreaterThan(100);
  }

  /**
   * One life.
   *
   * @param call of the first end
   * @param second call of the end in the middle of taking up, counted from its begin; 0 for none
   * @return whether all ends came
   */
  private static boolean live(End end, int call, int second) {
    try (EngineFixture engine = EngineFixture.writingBack(BLOCK_SIZE, 1 << 20, 1 << 20)) {
      Fuse fuse = new Fuse(engine);
      Life life = new Life(engine);
      fuse.blowAt(call);
      boolean isEnded = fuse.blows(life::run);
      restart(engine, fuse, end, call);
      if (isEnded && second > 0) {
        fuse.blowAt(second);
        isEnded = fuse.blows(() -> engine.writeBack().flushAll());
        restart(engine, fuse, end, call + second);
      }
      life.check("call " + call + ", then " + second);
      return isEnded;
    }
  }

  private static void restart(EngineFixture engine, Fuse fuse, End end, int seed) {
    fuse.blowAt(0);
    switch (end) {
      case KILL -> engine.restart(false);
      case POWER_CUT -> engine.powerCut(Seeds.random(seed));
    }
  }

  /** What happens to the file, and what it may be afterwards. */
  private static final class Life {
    private static final String FIRST = "dir.tmp";
    private static final String SECOND = "final";

    private final EngineFixture engine;
    private final List<byte[]> moments = new ArrayList<>();
    private byte[] content;

    Life(EngineFixture engine) {
      this.engine = engine;
      content = bytes(1, 100_000);
      engine.store().changeBehind(FIRST, content);
      engine.store().syncAll();
      engine.passYouth();
      moments.add(content);
    }

    void run() {
      CachedFile file = engine.open(FIRST);
      write(file, 10_000, bytes(2, 5_000));
      write(file, 120_000, bytes(3, 700));
      sync(file);
      write(file, 4_096, bytes(4, 8_192));
      changeMode(file.node());
      write(file, 300, bytes(5, 50));
      engine.advanceMillis(6_000);
      engine.writeBack().flushStep();
      write(file, 60_000, bytes(6, 20_000));
      sync(file);
      rename(file.node());
      truncate(30_000);
      write(file, 40_000, bytes(7, 3_000));
      sync(file);
      write(file, 0, bytes(8, 1_000));
      engine.advanceMillis(6_000);
      engine.writeBack().flushStep();
      truncate(90_000);
      engine.writeBack().flushAll();
    }

    void check(String when) {
      String name = exists(FIRST) ? FIRST : SECOND;
      CachedFile file = engine.open(name);
      byte[] found = engine.read(file, 0, 1 << 20);
      assertThat(moments.stream().anyMatch(moment -> Arrays.equals(moment, found)))
          .as("%s: the file is what it was at one of %d moments", when, moments.size())
          .isTrue();
      engine.close(file);
      assertThat(engine.writeBack().flushAll()).isZero();
      assertThat(Arrays.equals(engine.store().contentOf(name), found))
          .as("%s: the backing has what was read", when)
          .isTrue();
      assertThat(engine.counter("dirty.conflicts")).as("%s: conflicts", when).isZero();
      assertThat(engine.journal().records()).as("%s: records left", when).isEmpty();
    }

    private boolean exists(String name) {
      try {
        engine.node(name).release(1);
        return true;
      } catch (RuntimeException missing) {
        return false;
      }
    }

    private void write(CachedFile file, int offset, byte[] data) {
      byte[] next = Arrays.copyOf(content, Math.max(content.length, offset + data.length));
      System.arraycopy(data, 0, next, offset, data.length);
      become(next);
      engine.write(file, offset, data);
    }

    private void truncate(int size) {
      become(Arrays.copyOf(content, size));
      engine.truncate(exists(FIRST) ? FIRST : SECOND, size);
    }

    /** From now on the file may be that: if the end comes in the middle, it may or may not be. */
    private void become(byte[] next) {
      content = next;
      moments.add(next);
    }

    private void sync(CachedFile file) {
      engine.cache().sync(file, false);
      moments.removeIf(moment -> moment != content);
    }

    private void changeMode(BackingNode node) {
      AttributeChange change = new AttributeChange(0640, null, null, null, null);
      engine.cache().changeInode(node, () -> engine.faults().change(node, change));
    }

    private void rename(BackingNode node) {
      BackingNode root = engine.store().root();
      engine
          .cache()
          .changeInode(
              node,
              () ->
                  engine
                      .faults()
                      .rename(root, FIRST.getBytes(UTF_8), root, SECOND.getBytes(UTF_8), 0));
    }

    private static byte[] bytes(long seed, int length) {
      byte[] bytes = new byte[length];
      Seeds.random(seed).nextBytes(bytes);
      return bytes;
    }
  }

  /** Ends everything at one call: from then on every call does, as the process is gone. */
  private static final class Fuse {
    private static final class Blown extends Error {
      private static final long serialVersionUID = 1L;
    }

    private int left;
    private boolean isBlown;

    Fuse(EngineFixture engine) {
      for (Operation operation : Operation.values()) {
        engine.faults().before(operation, this::burn);
        engine.faults().after(operation, this::burn);
      }
      engine.wrapJournal(journal -> new Guarded(journal, this));
      engine.restart(true);
    }

    /** At the n-th call from now; 0 for never. */
    void blowAt(int call) {
      left = call;
      isBlown = false;
    }

    boolean blows(Runnable life) {
      try {
        life.run();
      } catch (Blown | RuntimeException expected) {
        assertThat(isBlown).as("it ended because it was to end: %s", expected).isTrue();
      }
      return isBlown;
    }

    void burn() {
      if (isBlown || left > 0 && --left == 0) {
        isBlown = true;
        throw new Blown();
      }
    }
  }

  private record Guarded(WriteJournal journal, Fuse fuse) implements WriteJournal {
    @Override
    public long append(JournalRecord record) throws IOException {
      fuse.burn();
      long sequence = journal.append(record);
      fuse.burn();
      return sequence;
    }

    @Override
    public void sync(long sequence) throws IOException {
      fuse.burn();
      journal.sync(sequence);
      fuse.burn();
    }

    @Override
    public void release(long sequence) {
      fuse.burn();
      journal.release(sequence);
      fuse.burn();
    }

    @Override
    public boolean discard() {
      return journal.discard();
    }

    @Override
    public long lastSequence() {
      return journal.lastSequence();
    }

    @Override
    public long heldBytes() {
      return journal.heldBytes();
    }

    @Override
    public void close() {
      journal.close();
    }
  }
}
