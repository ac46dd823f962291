package io.emberfs.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;

/** What a sick disk does to a file. */
enum StateDamage {
  BITS_FLIPPED {
    @Override
    void inflict(FileChannel file, RandomGenerator random) throws IOException {
      for (int i = 0; i < FLIP_COUNT; i++) {
        long offset = random.nextLong(file.size());
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, offset);
        one.put(0, (byte) (one.get(0) ^ (1 << random.nextInt(Byte.SIZE))));
        file.write(one.rewind(), offset);
      }
    }
  },
  A_PAGE_ZEROED {
    @Override
    void inflict(FileChannel file, RandomGenerator random) throws IOException {
      long length = Math.min(PAGE, file.size());
      file.write(ByteBuffer.allocate((int) length), random.nextLong(file.size() - length + 1));
    }
  },
  CUT_SHORT {
    @Override
    void inflict(FileChannel file, RandomGenerator random) throws IOException {
      file.truncate(random.nextLong(file.size()));
    }
  };

  private static final int FLIP_COUNT = 5;
  private static final int PAGE = 4096;

  /** Damages a file that is not empty. */
  void inflict(Path file, RandomGenerator random) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      inflict(channel, random);
    }
  }

  abstract void inflict(FileChannel file, RandomGenerator random) throws IOException;
}
