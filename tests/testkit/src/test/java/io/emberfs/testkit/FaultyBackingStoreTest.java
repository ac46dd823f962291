package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FaultyBackingStoreTest extends BackingStoreContract {
  private final FakeBackingStore fake = new FakeBackingStore(new FakeClock());
  private final FaultyBackingStore faulty = new FaultyBackingStore(fake);
  private final Arena arena = Arena.ofConfined();
  private BackingNode node;
  private BackingFile file;

  @Override
  protected BackingStore create() {
    return faulty;
  }

  @BeforeEach
  void openFile() {
    fake.changeBehind("file", bytes("hello"));
    node = store.lookup(root, bytes("file"));
    file = store.open(node, BackingStore.OpenMode.READ_WRITE);
  }

  @AfterEach
  void closeFile() {
    file.close();
    node.release(1);
    arena.close();
  }

  @Override
  protected void checkNothingLeaked() {
    assertThat(fake.openFiles()).isZero();
  }

  @Test
  void theArmedCallFailsAndNoOther() {
    MemorySegment target = arena.allocate(5);
    faulty.failAt(Operation.READ, 2, Errno.EIO);
    assertThat(file.read(0, target)).isEqualTo(5);
    assertErrno(Errno.EIO, () -> file.read(0, target));
    assertThat(file.read(0, target)).isEqualTo(5);
    assertThat(faulty.callsOf(Operation.READ)).isEqualTo(3);
  }

  @Test
  void aSickOperationFailsUntilItIsHealed() {
    faulty.failAlways(Operation.SYNC, Errno.ENOSPC);
    assertErrno(Errno.ENOSPC, () -> file.sync(false));
    assertErrno(Errno.ENOSPC, () -> store.syncAll());
    faulty.heal();
    file.sync(false);
  }

  @Test
  void aSkippedSyncAnswersWellAndKeepsNothing() {
    fake.syncAll();
    faulty.skipSyncs();
    file.write(0, arena.allocateFrom("HELL"));
    file.sync(false);
    fake.powerCut();
    assertThat(fake.contentOf("file")).isEqualTo(bytes("hello"));
  }

  @Test
  void partsAreReadAndWritten() {
    faulty.shortenReads(2);
    faulty.shortenWrites(3);
    assertThat(file.read(0, arena.allocate(5))).isEqualTo(2);
    assertThat(file.write(0, arena.allocateFrom("HELL"))).isEqualTo(3);
    assertThat(fake.contentOf("file")).isEqualTo(bytes("HELlo"));
  }

  @Test
  void somethingHappensBetweenARequestAndItsAnswer() {
    MemorySegment target = arena.allocate(5);
    faulty.before(Operation.READ, () -> fake.changeBehind("file", bytes("seen!")));
    faulty.after(Operation.READ, () -> fake.changeBehind("file", bytes("later")));
    file.read(0, target);
    assertThat((char) target.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo('s');
    assertThat(fake.contentOf("file")).isEqualTo(bytes("later"));
  }

  @Test
  void chanceIsRepeatedByItsSeed() {
    Seeds.check(random -> {
      long seed = random.nextLong();
      assertThat(failuresOf(seed)).isEqualTo(failuresOf(seed)).isPositive();
    });
  }

  private int failuresOf(long seed) {
    faulty.failRandomly(Seeds.random(seed), 0.5);
    int failures = 0;
    for (int i = 0; i < 100; i++) {
      try {
        file.sync(false);
      } catch (BackingException failure) {
        failures++;
      }
    }
    faulty.heal();
    return failures;
  }
}
