package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.testkit.FaultyWriteJournal;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random operations on a cache that writes back, against a byte array per file, with kills and
 * power cuts.
 *
 * <p>After a kill a file has what it had. After a power cut it has what it had at the last sync, or
 * at some moment since: the journal loses an end of what was not synced, never a part in between.
 */
class WriteBackModelTest {
  private static final int FILES = 3;
  private static final int SIZE_MAX = 200_000;
  private static final int OPERATIONS = 1_000;

  @ParameterizedTest(name = "block size {0}, RAM {1}, SSD {2}")
  @CsvSource({"65536, 4194304, 4194304", "4096, 262144, 524288", "65536, 0, 0"})
  void everyReadEqualsTheModel(int blockSize, long ramBytes, long ssdBytes) {
    Seeds.check(random -> {
      try (EngineFixture engine = EngineFixture.writingBack(blockSize, ramBytes, ssdBytes)) {
        new Run(engine, random).operate();
      }
    });
  }

  @Test
  void theModelFindsAJournalThatIsNotSynced() {
    List<Throwable> found = new ArrayList<>();
    for (long seed = 1; seed <= 20 && found.isEmpty(); seed++) {
      try (EngineFixture engine = EngineFixture.writingBack(65536, 4 << 20, 4 << 20)) {
        engine.wrapJournal(FaultyWriteJournal::new);
        engine.restart(true);
        new Run(engine, Seeds.random(seed)).operate();
      } catch (AssertionError caught) {
        found.add(caught);
      }
    }
    assertThat(found).as("a run that loses what was synced").isNotEmpty();
  }

  @Test
  void theModelFindsABackingThatIsNotSynced() {
    List<Throwable> found = new ArrayList<>();
    for (long seed = 1; seed <= 20 && found.isEmpty(); seed++) {
      try (EngineFixture engine = EngineFixture.writingBack(65536, 4 << 20, 4 << 20)) {
        engine.faults().skipSyncs();
        new Run(engine, Seeds.random(seed)).operate();
      } catch (AssertionError caught) {
        found.add(caught);
      }
    }
    assertThat(found).as("a run that loses what was flushed").isNotEmpty();
  }

  /** One run: the model and what is open. */
  private static final class Run {
    private final EngineFixture engine;
    private final RandomGenerator random;

    /** What each file may have after a power cut; the last one is what it has now. */
    private final List<List<byte[]>> moments = new ArrayList<>();

    private final boolean[] isRenamed = new boolean[FILES];
    private final boolean[] isInBackingOnly = new boolean[FILES];
    private final List<List<CachedFile>> open = new ArrayList<>();

    Run(EngineFixture engine, RandomGenerator random) {
      this.engine = engine;
      this.random = random;
      for (int file = 0; file < FILES; file++) {
        byte[] content = bytes(random.nextInt(SIZE_MAX));
        engine.store().changeBehind("file" + file, content);
        moments.add(new ArrayList<>(List.of(content)));
        open.add(new ArrayList<>());
      }
      engine.store().syncAll();
      engine.passYouth();
    }

    void operate() {
      for (int i = 0; i < OPERATIONS; i++) {
        int file = random.nextInt(FILES);
        switch (random.nextInt(24)) {
          case 0 -> open(file);
          case 1 -> close(file);
          case 2, 3, 4, 5, 6 -> write(file);
          case 7 -> append(file);
          case 8 -> truncate(file);
          case 9, 10 -> sync(file);
          case 11 -> rename(file);
          case 12 -> changeMode(file);
          case 13 -> punch(file);
          case 14 -> copyRange(file, random.nextInt(FILES));
          case 15 -> engine.runRoles();
          case 16 -> engine.advanceMillis(random.nextInt(8_000));
          case 17 -> engine.clear(random.nextBoolean() ? "ram" : "ssd");
          case 18 -> end(random.nextInt(3));
          default -> read(file);
        }
      }
      for (int file = 0; file < FILES; file++) {
        while (!open.get(file).isEmpty()) {
          close(file);
        }
      }
      assertThat(engine.writeBack().flushAll()).isZero();
      for (int file = 0; file < FILES; file++) {
        assertThat(Arrays.mismatch(engine.store().contentOf(name(file)), content(file)))
            .as("first difference in file %d of the backing", file)
            .isEqualTo(-1);
      }
      assertThat(engine.journal().records()).isEmpty();
      assertThat(engine.counter("dirty.conflicts")).isZero();
    }

    private byte[] content(int file) {
      return moments.get(file).getLast();
    }

    private void now(int file, byte[] content) {
      moments.get(file).add(content);
    }

    private String name(int file) {
      return (isRenamed[file] ? "renamed" : "file") + file;
    }

    private void open(int file) {
      if (open.get(file).size() < 3) {
        open.get(file).add(engine.open(name(file)));
      }
    }

    private void close(int file) {
      if (open.get(file).size() == 1) {
        syncWhatIsInTheBackingOnly(file);
      }
      if (!open.get(file).isEmpty()) {
        engine.close(open.get(file).removeLast());
      }
    }

    private CachedFile handle(int file) {
      if (open.get(file).isEmpty()) {
        open(file);
      }
      return open.get(file).get(random.nextInt(open.get(file).size()));
    }

    private void read(int file) {
      int offset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(random.nextBoolean() ? 8_192 : 200_000);
      byte[] got = engine.read(handle(file), offset, length);
      byte[] content = content(file);
      int from = Math.min(offset, content.length);
      int to = Math.min(offset + length, content.length);
      assertThat(Arrays.mismatch(got, Arrays.copyOfRange(content, from, to)))
          .as("first difference in file %d, offset %d, length %d", file, offset, length)
          .isEqualTo(-1);
    }

    private void write(int file) {
      int offset = random.nextInt(SIZE_MAX);
      byte[] data = bytes(1 + random.nextInt(random.nextBoolean() ? 3_000 : 80_000));
      engine.write(handle(file), offset, data);
      now(file, with(content(file), offset, data));
    }

    private void append(int file) {
      byte[] data = bytes(1 + random.nextInt(5_000));
      engine.append(handle(file), data);
      now(file, with(content(file), content(file).length, data));
    }

    private void truncate(int file) {
      int size = random.nextInt(SIZE_MAX);
      engine.truncate(name(file), size);
      now(file, Arrays.copyOf(content(file), size));
    }

    private void sync(int file) {
      engine.cache().sync(handle(file), random.nextBoolean());
      moments.set(file, new ArrayList<>(List.of(content(file))));
      isInBackingOnly[file] = false;
    }

    private void rename(int file) {
      noteInBackingOnly(file);
      BackingNode node = engine.node(name(file));
      byte[] from = name(file).getBytes(UTF_8);
      isRenamed[file] = !isRenamed[file];
      byte[] to = name(file).getBytes(UTF_8);
      BackingNode root = engine.store().root();
      engine.cache().changeInode(node, () -> engine.store().rename(root, from, root, to, 0));
      node.release(1);
    }

    /**
     * A hole that is punched, a range that is copied, a name or a mode is in the backing's memory
     * only until a sync. Once nobody has the file open, a power cut may lose it and keep what is
     * written later, as it may without emberfs: that is not this test's matter.
     */
    private void noteInBackingOnly(int file) {
      CachedFile _ = handle(file);
      isInBackingOnly[file] = true;
    }

    private void syncWhatIsInTheBackingOnly(int file) {
      if (isInBackingOnly[file]) {
        sync(file);
      }
    }

    private void changeMode(int file) {
      noteInBackingOnly(file);
      BackingNode node = engine.node(name(file));
      AttributeChange change =
          new AttributeChange(0600 | random.nextInt(64), null, null, null, null);
      engine.cache().changeInode(node, () -> engine.store().change(node, change));
      node.release(1);
    }

    private void punch(int file) {
      int offset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(100_000);
      noteInBackingOnly(file);
      engine.punch(handle(file), offset, length);
      byte[] content = content(file).clone();
      int from = Math.min(offset, content.length);
      Arrays.fill(content, from, Math.min(offset + length, content.length), (byte) 0);
      now(file, content);
    }

    private void copyRange(int from, int to) {
      int offset = random.nextInt(SIZE_MAX);
      int targetOffset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(100_000);
      if (from == to) {
        return;
      }
      int copied = (int) engine.copyRange(handle(from), offset, handle(to), targetOffset, length);
      byte[] source = content(from);
      int begin = Math.min(offset, source.length);
      assertThat(copied).isEqualTo(Math.min(length, source.length - begin));
      if (copied > 0) {
        noteInBackingOnly(to);
        now(to, with(content(to), targetOffset, Arrays.copyOfRange(source, begin, begin + copied)));
      }
    }

    /** A kill, a power cut or a clean end, and a new start. */
    private void end(int kind) {
      for (int file = 0; file < FILES; file++) {
        while (kind == 0 && !open.get(file).isEmpty()) {
          close(file);
        }
        open.get(file).clear();
      }
      switch (kind) {
        case 0 -> engine.restart(true);
        case 1 -> {
          engine.restart(false);
          for (int file = 0; file < FILES; file++) {
            syncWhatIsInTheBackingOnly(file);
          }
        }
        default -> {
          engine.powerCut(random);
          for (int file = 0; file < FILES; file++) {
            seePowerCut(file);
          }
        }
      }
    }

    private void seePowerCut(int file) {
      byte[] found = engine.read(handle(file), 0, 2 * SIZE_MAX + 200_000);
      assertThat(moments.get(file).stream().anyMatch(moment -> Arrays.equals(moment, found)))
          .as("file %d has what it had at some moment, its %d bytes", file, found.length)
          .isTrue();
      moments.set(file, new ArrayList<>(List.of(found)));
    }

    private static byte[] with(byte[] content, int offset, byte[] data) {
      byte[] result = Arrays.copyOf(content, Math.max(content.length, offset + data.length));
      System.arraycopy(data, 0, result, offset, data.length);
      return result;
    }

    private byte[] bytes(int length) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      return bytes;
    }
  }
}
