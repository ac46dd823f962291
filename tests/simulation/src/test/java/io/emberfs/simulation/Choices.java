package io.emberfs.simulation;

import java.util.random.RandomGenerator;

/** What programs do next, and where: drawn from the seed, often near the borders of things. */
final class Choices {
  private static final int KEEP_SIZE = 1;
  private static final int PUNCH_HOLE = 2;
  private static final int ZERO_RANGE = 16;

  private final World world;
  private final RandomGenerator random;
  private final int[] weights = new int[Kind.values().length];

  /** What a program can do besides opening and closing. */
  enum Kind {
    READ(60),
    WRITE(20),
    APPEND(6),
    TRUNCATE(5),
    ALLOCATE(5),
    COPY(5),
    SYNC(5),
    UNLINK(2),
    CHANGE_MODE(2),
    STAT(2),
    DROP(3),
    INVALIDATE(1),
    SQUEEZE(2),
    PIN(2);

    final int weight;

    Kind(int weight) {
      this.weight = weight;
    }
  }

  Choices(World world) {
    this.world = world;
    random = world.random;
    for (Kind kind : Kind.values()) {
      // Some runs lack some operations: what hides behind one of them then shows.
      int factor = kind == Kind.READ ? 2 : random.nextInt(4);
      weights[kind.ordinal()] = kind.weight * factor;
    }
  }

  /** What the next operation is. */
  Kind kind() {
    int sum = 0;
    for (int weight : weights) {
      sum += weight;
    }
    int drawn = random.nextInt(sum);
    for (Kind kind : Kind.values()) {
      drawn -= weights[kind.ordinal()];
      if (drawn < 0) {
        return kind;
      }
    }
    throw new AssertionError("weights do not add up");
  }

  /** A mode of fallocate(2) that leaves the size or only extends it. */
  int allocateMode() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> KEEP_SIZE | ZERO_RANGE;
      case 2 -> KEEP_SIZE;
      default -> KEEP_SIZE | PUNCH_HOLE;
    };
  }

  /** An offset, often at a border of pages or blocks or at the end of the file. */
  long position(FileHistory file) {
    int size = file.content().length;
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> size;
      case 2 -> random.nextInt(size + FileHistory.GRANULE_SIZE);
      case 3 -> random.nextInt(size / world.weather.blockSize() + 1) * world.weather.blockSize();
      default -> random.nextInt(size / FileHistory.GRANULE_SIZE + 1) * FileHistory.GRANULE_SIZE;
    };
  }

  /** A length, often of whole pages or blocks. */
  int length(int max) {
    int drawn =
        switch (random.nextInt(6)) {
          case 0 -> 1 + random.nextInt(300);
          case 1, 2 -> FileHistory.GRANULE_SIZE;
          case 3 -> 1 + random.nextInt(3 * FileHistory.GRANULE_SIZE);
          case 4 -> world.weather.blockSize() * (1 + random.nextInt(4));
          default -> 1 + random.nextInt(2 * world.weather.blockSize());
        };
    return Math.min(drawn, max);
  }
}
