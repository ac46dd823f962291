package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class IoUringTest {
  private static final int ENTRIES = 4;

  @Test
  void anEventThatOthersSignalledComesAsOneCompletion() {
    int event = EventDescriptor.open();
    try (IoUring ring = ring();
        Arena arena = Arena.ofConfined()) {
      ring.registerRing();
      MemorySegment value = arena.allocate(JAVA_LONG);
      ring.putRead(event, value.address(), EventDescriptor.VALUE_SIZE, 77);
      assertThat(ring.enter(0)).isEqualTo(1);
      assertThat(ring.hasCompletion()).isFalse();

      EventDescriptor.signal(event);
      EventDescriptor.signal(event);
      assertThat(ring.enter(1)).isZero();
      assertThat(ring.hasCompletion()).isTrue();
      assertThat(ring.userData()).isEqualTo(77);
      assertThat(ring.result()).isEqualTo(EventDescriptor.VALUE_SIZE);
      assertThat(value.get(JAVA_LONG, 0)).isBetween(1L, 2L);
      ring.advance();
      assertThat(ring.hasCompletion()).isFalse();
    } finally {
      EventDescriptor.close(event);
    }
  }

  @Test
  void theRingsGoRoundMoreOftenThanTheyAreLong() {
    int event = EventDescriptor.open();
    try (IoUring ring = ring();
        Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_LONG);
      for (int i = 0; i < 10 * ENTRIES; i++) {
        EventDescriptor.signal(event);
        ring.putRead(event, value.address(), EventDescriptor.VALUE_SIZE, i);
        assertThat(ring.enter(1)).isEqualTo(1);
        assertThat(ring.userData()).isEqualTo(i);
        assertThat(ring.result()).isEqualTo(EventDescriptor.VALUE_SIZE);
        ring.advance();
      }
    } finally {
      EventDescriptor.close(event);
    }
  }

  @Test
  void aCommandWithoutAFileIsRefusedAndComesBackWithItsData() {
    try (IoUring ring = ring()) {
      ring.putFuseCommand(1, 0, 0, 0, 0, 5);
      assertThat(ring.enter(1)).isEqualTo(1);
      assertThat(ring.userData()).isEqualTo(5);
      assertThat(ring.result()).isEqualTo(-Errno.EBADF);
    }
  }

  @Test
  void aReadInAnEntryThatACommandHadBeforeIsARead() {
    int event = EventDescriptor.open();
    try (IoUring ring = ring();
        Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < ENTRIES; i++) {
        ring.putFuseCommand(2, 0, 0, 0x1234_5678_9abcL, 1, i);
        assertThat(ring.enter(1)).isEqualTo(1);
        ring.advance();
      }
      MemorySegment value = arena.allocate(JAVA_LONG);
      for (int i = 0; i < ENTRIES; i++) {
        EventDescriptor.signal(event);
        ring.putRead(event, value.address(), EventDescriptor.VALUE_SIZE, i);
        assertThat(ring.enter(1)).isEqualTo(1);
        assertThat(ring.result()).isEqualTo(EventDescriptor.VALUE_SIZE);
        ring.advance();
      }
    } finally {
      EventDescriptor.close(event);
    }
  }

  @Test
  void moreEntriesThanARingCanHaveAreRefused() {
    ring().close();
    assertThatThrownBy(() -> IoUring.open(1 << 20))
        .isInstanceOfSatisfying(
            BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(Errno.EINVAL));
  }

  private static IoUring ring() {
    return IoUring.open(ENTRIES);
  }
}
