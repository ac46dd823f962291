package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * What somebody reads through the kernel's pages while a direct write is under way does not stay
 * there: the kernel drops pages itself only after writes that their caller waits for.
 */
@RealMount
final class SubmittedWritesTest {
  private static final int FILE_SIZE = 640 << 10;
  private static final int ROUNDS = 600;
  private static final int READERS = 2;

  @Test
  void aReadAfterSuchAWriteSeesItWhoeverElseReads(Rig rig) throws Exception {
    Mount mount = rig.mount("--kernel-cache", "on");
    Path file = mount.path().resolve("f");
    Files.write(file, new byte[FILE_SIZE]);
    AtomicBoolean isOver = new AtomicBoolean();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(Thread.ofPlatform().start(() -> readUntil(isOver, file)));
    }
    byte[] expected = new byte[FILE_SIZE];
    int staleRounds = 0;
    try (SubmittedWrites writes = new SubmittedWrites(file, FILE_SIZE)) {
      for (int round = 1; round <= ROUNDS; round++) {
        writes.fill((byte) round);
        Arrays.fill(expected, (byte) round);
        staleRounds += Arrays.equals(Files.readAllBytes(file), expected) ? 0 : 1;
      }
    } finally {
      isOver.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
    }
    assertThat(staleRounds).as("rounds of %s with old bytes", ROUNDS).isZero();
    mount.umount();
  }

  private static void readUntil(AtomicBoolean isOver, Path file) {
    while (!isOver.get()) {
      try {
        assertThat(Files.readAllBytes(file)).hasSize(FILE_SIZE);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
