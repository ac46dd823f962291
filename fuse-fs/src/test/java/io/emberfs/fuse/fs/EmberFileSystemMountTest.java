package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Clock;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.FuseTransport.Feature;
import io.emberfs.core.Meters;
import io.emberfs.fuse.channel.DevTransport;
import io.emberfs.fuse.channel.TestMount;
import io.emberfs.fuse.channel.UringSwitch;
import io.emberfs.fuse.channel.UringTransport;
import io.emberfs.fuse.jnr.JnrTransport;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file system over a real mount, with the backing in memory: what ordinary programs do. */
final class EmberFileSystemMountTest {
  private static final int WORKERS_PER_USER = 4;
  private static final long TTL = 1_000_000_000L;

  private static final int ASKED_MAX = 100;

  private static final String WORK =
      """
      mkdir -p tree/a/b
      head -c 3000001 /dev/urandom > tree/a/large
      echo text > tree/a/b/text
      ln -s a tree/link
      ln tree/a/large tree/hard
      cp -a tree copy
      diff -r tree copy
      [ "$(stat -c %h copy/hard)" = 2 ]
      [ "$(readlink copy/link)" = a ]

      tar cf tree.tar tree
      mkdir out
      tar xf tree.tar -C out
      diff -r tree out/tree

      for i in $(seq 300); do echo $i > copy/file$i; done
      [ "$(ls copy | wc -l)" = 303 ]
      mv copy/file1 copy/file2
      [ "$(cat copy/file2)" = 1 ]
      dd if=tree/hard of=copy/part bs=4096 count=1 status=none
      truncate -s 100 copy/part
      [ "$(stat -c %s copy/part)" = 100 ]
      echo more >> copy/part
      [ "$(stat -c %s copy/part)" = 105 ]
      chmod 640 copy/part
      [ "$(stat -c %a copy/part)" = 640 ]

      exec 3<> copy/gone
      echo kept >&3
      rm copy/gone
      """;

  private static final String OPEN_AGAIN =
      """
      [ "$(cat /proc/self/fd/3)" = kept ]
      """;

  private static final String CLEAN_UP =
      """
      echo more >&3
      exec 3>&-
      rm -r tree copy out tree.tar
      [ -z "$(ls -A)" ]
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ordinaryProgramsWorkAndNothingIsHeldAfterwards(boolean kernelCache) throws Exception {
    Meters meters = new Meters();
    work(new DevTransport(kernelCache, meters), kernelCache, meters);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theyWorkOverRingsToo(boolean kernelCache) throws Exception {
    UringSwitch rings = new UringSwitch();
    rings.switchOn();
    try {
      Meters meters = new Meters();
      FuseTransport transport = new UringTransport(kernelCache, meters);
      work(transport, kernelCache, meters);
      assertThat(transport.name()).isEqualTo("uring");
    } finally {
      rings.putBack();
    }
  }

  @Test
  void theyWorkOverLibFuseToo() throws Exception {
    Meters meters = new Meters();
    work(new JnrTransport(TTL, Clock.SYSTEM, meters), false, meters);
  }

  private void work(FuseTransport transport, boolean kernelCache, Meters meters) throws Exception {
    FakeBackingStore store = new FakeBackingStore();
    FakeBlockCache cache = new FakeBlockCache(store);
    NodeTable table = new NodeTable(store.root(), 1000);
    KernelNotifier notifier = new KernelNotifier(table, new RecordingTransport());
    FsOptions options = new FsOptions(TTL, TTL, kernelCache, true, false, WORKERS_PER_USER);
    try (PoolWorkers workers = new PoolWorkers();
        TestMount mount =
            TestMount.mount(
                folder,
                new EmberFileSystem(
                    store,
                    cache,
                    table,
                    notifier,
                    new DirectoryWatches(null, store, cache, table, notifier, meters),
                    workers,
                    options,
                    Clock.SYSTEM,
                    meters),
                transport)) {
      boolean knowsInodes = mount.transport().capabilities().has(Feature.INODES);
      mount.run(String.join("\n", WORK, knowsInodes ? OPEN_AGAIN : "true", CLEAN_UP));
    }

    assertThat(store.referencesHeld()).isZero();
    assertThat(store.openFiles()).isZero();
    assertThat(cache.open).isEmpty();
    assertThat(table.count()).isEqualTo(1);
    assertThat(meters.counter("fuse.handlerErrors").value()).isZero();
    assertThat(meters.counter("fuse.malformedRequests").value()).isZero();
    assertThat(meters.counter("fuse.replyErrors").value()).isZero();
    assertThat(meters.counter("fuse.doubleAnswers").value()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 300})
  void theNodesOfRemovedFilesAreForgottenWhileMounted(int fileCount) throws Exception {
    FakeBackingStore store = new FakeBackingStore();
    FakeBlockCache cache = new FakeBlockCache(store);
    NodeTable table = new NodeTable(store.root(), 1000);
    Meters meters = new Meters();
    KernelNotifier notifier = new KernelNotifier(table, new RecordingTransport());
    FsOptions options = new FsOptions(TTL, TTL, false, true, false, WORKERS_PER_USER);
    try (PoolWorkers workers = new PoolWorkers();
        TestMount mount =
            TestMount.mount(
                folder,
                new EmberFileSystem(
                    store,
                    cache,
                    table,
                    notifier,
                    new DirectoryWatches(null, store, cache, table, notifier, meters),
                    workers,
                    options,
                    Clock.SYSTEM,
                    meters),
                false,
                meters)) {
      mount.run("for i in $(seq " + fileCount + "); do echo $i > f$i; done; cat f* > /dev/null");
      assertThat(table.count()).isEqualTo(1 + fileCount);
      mount.run("rm f*");
      // The kernel forgets in its own time, but soon.
      for (int i = 0; i < ASKED_MAX && table.count() > 1; i++) {
        mount.run("ls > /dev/null");
      }
      assertThat(table.count()).isEqualTo(1);
    }
  }
}
