package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What somebody reads through the kernel's pages while a direct write is under way does not stay
 * there: the kernel drops pages itself only after writes that their caller waits for.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class SubmittedWritesTest {
  private static final int FILE_SIZE = 640 << 10;
  private static final int ROUNDS = 600;
  private static final int READERS = 2;
  private static final Duration FIO_MAX = Duration.ofMinutes(1);

  @Test
  void aReadAfterSuchAWriteSeesItWhoeverElseReads(Rig rig) throws Exception {
    Mount mount = rig.mount("--kernel-cache", "on");
    Path file = mount.path().resolve("f");
    Files.write(file, new byte[FILE_SIZE]);
    AtomicBoolean isOver = new AtomicBoolean();
    List<CompletableFuture<Integer>> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(
          CompletableFuture.supplyAsync(
              () -> readUntil(isOver, file), task -> Thread.ofPlatform().start(task)));
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
    }
    for (CompletableFuture<Integer> reader : readers) {
      assertThat(reader.get()).as("reads beside the writes").isGreaterThan(ROUNDS / 20);
    }
    assertThat(staleRounds).as("rounds of %s with old bytes", ROUNDS).isZero();
    mount.umount();
  }

  /**
   * Whoever fills a page needs a request, and must get one although more writes wait for that page
   * than there are requests.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dev", "auto"})
  void moreInFlightThanThereAreRequestsEndBesideReaders(String transport, Rig rig)
      throws Exception {
    Mount mount = rig.mount("--kernel-cache", "on", "--transport", transport);
    Program.of(
            "fio",
            "--directory=" + mount.path(),
            "--filename=f",
            "--size=4m",
            "--bs=4k",
            "--time_based",
            "--runtime=3",
            "--invalidate=0",
            "--name=writes",
            "--ioengine=libaio",
            "--direct=1",
            "--iodepth=300",
            "--rw=randwrite",
            "--name=reads",
            "--ioengine=psync",
            "--direct=0",
            "--rw=randread",
            "--numjobs=4")
        .in(rig.newDirectory("fio"))
        .within(FIO_MAX)
        .run()
        .succeeded();
    Program.succeed("cmp", mount.path() + "/f", rig.backing() + "/f");
    mount.umount();
  }

  private static int readUntil(AtomicBoolean isOver, Path file) {
    int count = 0;
    while (!isOver.get()) {
      try {
        assertThat(Files.readAllBytes(file)).hasSize(FILE_SIZE);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
      count++;
    }
    return count;
  }
}
