package io.emberfs.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.random.RandomGenerator;

/** The ways in which somebody else can change a file of the backing directory behind the mount. */
enum ForeignChange {
  OVERWRITTEN_WITH_THE_SAME_SIZE {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      overwrite(file, random);
    }
  },
  OVERWRITTEN_AND_ITS_MTIME_SET_BACK {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      FileTime before = Files.getLastModifiedTime(file);
      overwrite(file, random);
      Files.setLastModifiedTime(file, before);
    }
  },
  REPLACED_BY_RENAME {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      Path other = file.resolveSibling(file.getFileName() + ".new");
      Files.copy(file, other, StandardCopyOption.COPY_ATTRIBUTES);
      overwrite(other, random);
      Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
      Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
    }
  },
  TRUNCATED_AND_REGROWN {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      FileTime before = Files.getLastModifiedTime(file);
      byte[] bytes = new byte[(int) Files.size(file)];
      random.nextBytes(bytes);
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, before);
    }
  },
  CHANGED_THROUGH_A_HARD_LINK {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      Path link = file.resolveSibling(file.getFileName() + ".link");
      if (!Files.exists(link)) {
        Files.createLink(link, file);
      }
      overwrite(link, random);
    }
  },
  EXTENDED {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      byte[] more = new byte[random.nextInt(1, 200_000)];
      random.nextBytes(more);
      Files.write(file, more, StandardOpenOption.APPEND);
    }
  },
  SHORTENED {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(random.nextLong(channel.size()));
      }
    }
  },
  REMOVED_AND_MADE_AGAIN {
    @Override
    void apply(Path file, RandomGenerator random) throws IOException {
      FileTime before = Files.getLastModifiedTime(file);
      byte[] bytes = new byte[(int) Files.size(file)];
      random.nextBytes(bytes);
      Files.delete(file);
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, before);
    }
  };

  private static final int PATCH_SIZE = 5000;

  /** Changes a file of at least 8 KiB. */
  abstract void apply(Path file, RandomGenerator random) throws IOException;

  /** Other bytes somewhere, the size stays. */
  private static void overwrite(Path file, RandomGenerator random) throws IOException {
    byte[] patch = new byte[PATCH_SIZE];
    random.nextBytes(patch);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(patch), random.nextLong(channel.size() - PATCH_SIZE));
    }
  }
}
