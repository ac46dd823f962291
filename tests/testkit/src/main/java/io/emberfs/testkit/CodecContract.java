package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Codec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Codec} promises, to honest callers and against hostile bytes. An implementation
 * extends this class and says which codec it is.
 */
public abstract class CodecContract {
  private static final int ROUNDS = 300;
  private static final int DAMAGED_ROUNDS = 3_000;
  private static final int THREADS = 4;
  private static final int THREAD_ROUNDS = 100;
  private static final int RAW_SIZE_MAX = 1 << 16;
  private static final int MARGIN = 64;
  private static final byte CANARY = (byte) 0xC5;

  private final Arena arena = Arena.ofConfined();
  private final Codec codec = codec();

  /** The codec. */
  protected abstract Codec codec();

  @AfterEach
  void freeMemory() {
    codec.close();
    arena.close();
  }

  @Test
  void whatIsCompressedExpandsToItself() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        MemorySegment raw = random(random, 1 + random.nextInt(RAW_SIZE_MAX));
        MemorySegment stored = compress(raw);
        MemorySegment target = guarded(raw.byteSize());

        assertThat(codec.expand(stored, inner(target))).isTrue();

        assertThat(inner(target).mismatch(raw)).isEqualTo(-1);
        assertUnharmed(target);
      }
    });
  }

  @Test
  void compressingGivesUpWithinTheTarget() {
    MemorySegment raw = noise(Seeds.random(5), 4096);
    for (int room : new int[] {1, 16, 4000, 4095}) {
      MemorySegment target = guarded(room);

      assertThat(codec.compress(raw, inner(target))).isEqualTo(-1);

      assertUnharmed(target);
    }
  }

  @Test
  void anEncodingOfAnotherSizeIsRefused() {
    MemorySegment raw = random(Seeds.random(6), 8192);
    MemorySegment stored = compress(raw);
    for (long size : new long[] {1, 8191, 8193, 20_000}) {
      MemorySegment target = guarded(size);

      assertThat(codec.expand(stored, inner(target))).as("expand to %d bytes", size).isFalse();

      assertUnharmed(target);
    }
  }

  @Test
  void hostileBytesNeitherThrowNorWriteOutsideTheTarget() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        MemorySegment stored = compress(random(random, 1 + random.nextInt(RAW_SIZE_MAX)));
        MemorySegment hostile =
            switch (random.nextInt(3)) {
              case 0 -> noise(random, 1 + random.nextInt(5000));
              case 1 -> stored.asSlice(0, random.nextLong(stored.byteSize()) + 1);
              default -> withFlippedBits(stored, random);
            };
        MemorySegment target = guarded(random.nextInt(RAW_SIZE_MAX));

        boolean _ = codec.expand(hostile, inner(target));

        assertUnharmed(target);
      }
    });
  }

  @Test
  void aPartOfAnEncodingIsRefusedAlsoWhereTheRestLiesBehindIt() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        MemorySegment raw = random(random, 1 + random.nextInt(RAW_SIZE_MAX));
        MemorySegment stored = compress(raw);
        MemorySegment target = guarded(raw.byteSize());

        assertThat(
                codec.expand(stored.asSlice(0, random.nextLong(stored.byteSize())), inner(target)))
            .isFalse();

        assertUnharmed(target);
      }
    });
  }

  @Test
  void anEncodingWithMoreBehindItIsRefused() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        MemorySegment raw = random(random, 1 + random.nextInt(RAW_SIZE_MAX));
        MemorySegment stored = compress(raw);
        MemorySegment longer = noise(random, (int) stored.byteSize() + 1 + random.nextInt(3));
        longer.copyFrom(stored);
        MemorySegment target = guarded(raw.byteSize());

        assertThat(codec.expand(longer, inner(target))).isFalse();

        assertUnharmed(target);
      }
    });
  }

  @Test
  void damagedEncodingsOfTheRightSizeHarmNeitherMemoryNorTheNextCall() {
    Seeds.check(random -> {
      for (int round = 0; round < DAMAGED_ROUNDS; round++) {
        MemorySegment raw = random(random, 1 + random.nextInt(RAW_SIZE_MAX / 8));
        MemorySegment stored = compress(raw);
        MemorySegment damaged = withFlippedBits(stored, random);
        MemorySegment target = guarded(raw.byteSize());

        boolean _ = codec.expand(damaged, inner(target));

        assertUnharmed(target);
        assertThat(codec.expand(stored, inner(target))).isTrue();
        assertThat(inner(target).mismatch(raw)).isEqualTo(-1);
      }
    });
  }

  @Test
  void manyThreadsCompressAndExpandAtTheSameTime() throws Exception {
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int seed = thread;
      tasks.add(() -> isRightAgainAndAgain(seed));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (Future<Boolean> right : threads.invokeAll(tasks)) {
        assertThat(right.get()).isTrue();
      }
    }
  }

  @Test
  void theBoundOfTheStoredSizeHolds() {
    for (int size : new int[] {1, 100, 4096, RAW_SIZE_MAX}) {
      MemorySegment raw = noise(Seeds.random(size), size);
      MemorySegment target = guarded(codec.storedSizeMax(size));

      assertThat(codec.compress(raw, inner(target))).isBetween(1, codec.storedSizeMax(size));
      assertUnharmed(target);
    }
  }

  private boolean isRightAgainAndAgain(int seed) {
    RandomGenerator random = Seeds.random(seed);
    boolean isRight = true;
    for (int round = 0; round < THREAD_ROUNDS; round++) {
      try (Arena own = Arena.ofShared()) {
        byte[] bytes = new byte[1 + random.nextInt(RAW_SIZE_MAX)];
        random.nextBytes(bytes);
        Arrays.fill(bytes, 0, random.nextInt(bytes.length), (byte) round);
        MemorySegment raw = own.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        MemorySegment stored = own.allocate(codec.storedSizeMax(bytes.length));
        int storedSize = codec.compress(raw, stored);
        MemorySegment target = own.allocate(bytes.length);
        isRight &= codec.expand(stored.asSlice(0, storedSize), target);
        isRight &= target.mismatch(raw) == -1;
      }
    }
    return isRight;
  }

  private MemorySegment compress(MemorySegment raw) {
    MemorySegment target = arena.allocate(codec.storedSizeMax((int) raw.byteSize()));
    int storedSize = codec.compress(raw, target);
    assertThat(storedSize).isPositive();
    return target.asSlice(0, storedSize);
  }

  private MemorySegment random(RandomGenerator random, int size) {
    MemorySegment bytes = noise(random, size);
    if (random.nextBoolean()) {
      byte few = (byte) random.nextInt();
      bytes.asSlice(0, random.nextLong(size) + 1).fill(few);
    }
    return bytes;
  }

  private MemorySegment noise(RandomGenerator random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return arena.allocate(size).copyFrom(MemorySegment.ofArray(bytes));
  }

  private MemorySegment withFlippedBits(MemorySegment bytes, RandomGenerator random) {
    MemorySegment flipped = arena.allocate(bytes.byteSize()).copyFrom(bytes);
    for (int flip = random.nextInt(8); flip >= 0; flip--) {
      long position = random.nextLong(flipped.byteSize());
      byte old = flipped.get(ValueLayout.JAVA_BYTE, position);
      flipped.set(ValueLayout.JAVA_BYTE, position, (byte) (old ^ 1 << random.nextInt(8)));
    }
    return flipped;
  }

  private MemorySegment guarded(long size) {
    MemorySegment all = arena.allocate(size + 2 * MARGIN);
    all.fill(CANARY);
    return all;
  }

  private static MemorySegment inner(MemorySegment guarded) {
    return guarded.asSlice(MARGIN, guarded.byteSize() - 2 * MARGIN);
  }

  private static void assertUnharmed(MemorySegment guarded) {
    for (int i = 0; i < MARGIN; i++) {
      assertThat(guarded.get(ValueLayout.JAVA_BYTE, i)).isEqualTo(CANARY);
      assertThat(guarded.get(ValueLayout.JAVA_BYTE, guarded.byteSize() - 1 - i)).isEqualTo(CANARY);
    }
  }
}
