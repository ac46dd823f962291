package io.emberfs.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.Codec;
import io.emberfs.testkit.CodecContract;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class ZstdCodecTest extends CodecContract {
  private static final int SIZE = 1 << 16;

  @Override
  protected Codec codec() {
    return new ZstdCodec(ZstdCodec.LEVEL_MIN);
  }

  @Test
  void anyLevelExpandsWhatAnyOtherMadeAndAHigherOneMakesItSmaller() {
    try (Arena arena = Arena.ofConfined();
        Codec fastest = new ZstdCodec(ZstdCodec.LEVEL_MIN);
        Codec smallest = new ZstdCodec(ZstdCodec.LEVEL_MAX)) {
      MemorySegment raw = text(arena);
      MemorySegment target = arena.allocate(fastest.storedSizeMax(SIZE));
      MemorySegment expanded = arena.allocate(SIZE);

      int fast = fastest.compress(raw, target);
      assertThat(smallest.expand(target.asSlice(0, fast), expanded)).isTrue();
      assertThat(expanded.mismatch(raw)).isEqualTo(-1);
      int small = smallest.compress(raw, target);
      assertThat(fastest.expand(target.asSlice(0, small), expanded.fill((byte) 0))).isTrue();
      assertThat(expanded.mismatch(raw)).isEqualTo(-1);

      assertThat(small).isLessThan(fast);
      assertThat(smallest.id()).isEqualTo(fastest.id());
    }
  }

  @Test
  void levelsThatAreNoneAreRefused() {
    for (int level : new int[] {-1, 0, 20, 22}) {
      assertThatThrownBy(() -> new ZstdCodec(level))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(level));
    }
  }

  /** Squares in digits: repetitive, but not from end to end. */
  private static MemorySegment text(Arena arena) {
    StringBuilder text = new StringBuilder();
    for (long i = 0; text.length() < SIZE; i++) {
      text.append(i * i).append(i % 7 == 0 ? "\n" : ", ");
    }
    MemorySegment bytes = arena.allocate(SIZE);
    for (int i = 0; i < SIZE; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) text.charAt(i));
    }
    return bytes;
  }
}
