package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.AssertingRequest;
import io.emberfs.testkit.AssertingRequest.Answer;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the flags of each read and write say: past the kernel's pages, at the end, durable. */
final class FileFlagsTest {
  private static final int WORKERS_PER_USER = 4;
  private static final long TTL = 1_000_000_000L;
  private static final int O_RDWR = 2;
  private static final int O_APPEND = 02000;
  private static final int O_DSYNC = 010000;
  private static final int O_DIRECT = 040000;
  private static final int FILE_MODE = 0100644;

  private final FakeBackingStore store = new FakeBackingStore();
  private final FakeBlockCache cache = new FakeBlockCache(store);
  private final NodeTable table = new NodeTable(store.root(), 1000);
  private final RecordingTransport transport = new RecordingTransport();
  private final KernelNotifier notifier = new KernelNotifier(table, transport);
  private final FakeWorkers workers = new FakeWorkers();
  private final Meters meters = new Meters();
  private final DirectoryWatches watches =
      new DirectoryWatches(null, store, cache, table, notifier, meters);
  private final List<EmberFileSystem> fileSystems = new ArrayList<>();
  private EmberFileSystem fs =
      fileSystem(new FsOptions(TTL, TTL, false, true, false, WORKERS_PER_USER));

  private EmberFileSystem fileSystem(FsOptions options) {
    fileSystems.add(
        new EmberFileSystem(
            store, cache, table, notifier, watches, workers, options, Clock.SYSTEM, meters));
    fileSystems.getLast().init(transport.capabilities());
    return fileSystems.getLast();
  }

  @AfterEach
  void nothingIsHeldWhenTheConnectionHasEnded() {
    fileSystems.forEach(EmberFileSystem::destroy);
    assertThat(store.referencesHeld()).isZero();
    assertThat(store.openFiles()).isZero();
    assertThat(meters.counter("fuse.handlerErrors").value()).isZero();
  }

  @Test
  void aDirectWriteIsAnsweredWhenThePagesThatSomebodyReadAreDropped() {
    fs = fileSystem(new FsOptions(TTL, TTL, true, true, false, WORKERS_PER_USER));
    Answer.Created created = create("f", 0);
    long nodeId = created.entry().nodeId();
    fs.read(AssertingRequest.plain().withFlags(O_DIRECT), nodeId, created.handle(), 0, 10);
    workers.runAll();
    assertThat(directWrite(created).isAnswered()).isTrue();
    assertThat(transport.told).isEmpty();

    read(created, 0, 10);
    AssertingRequest write = directWrite(created);
    assertThat(write.isAnswered()).isFalse();
    notifier.step();
    assertThat(write.isAnswered()).isTrue();
    assertThat(transport.told).containsExactly(nodeId);
    cache.isHot = true;
    write = directWrite(created);
    assertThat(write.isAnswered()).isFalse();
    notifier.step();
    assertThat(write.isAnswered()).isTrue();
    written(created, 0, "through pages", 0);
    assertThat(transport.told).hasSize(2);

    // Nobody has it open: what pages there are can be read no more while such a write is under way.
    release(created.handle());
    long handle = open(nodeId, O_RDWR).handle();
    AssertingRequest last = AssertingRequest.of(0, new byte[1]).withFlags(O_DIRECT);
    fs.write(last, nodeId, handle, 0, false, false);
    workers.runAll();
    assertThat(last.isAnswered()).isTrue();
    release(handle);
  }

  @Test
  void onlyAFewDirectWritesWaitForPages() {
    fs = fileSystem(new FsOptions(TTL, TTL, true, true, false, WORKERS_PER_USER));
    Answer.Created created = create("f", 0);
    read(created, 0, 10);
    int held = transport.capabilities().heldRequestsMax();
    for (int i = 0; i < held; i++) {
      assertThat(directWrite(created).isAnswered()).isFalse();
    }
    assertThat(directWrite(created).isAnswered()).isTrue();
    notifier.step();
    assertThat(transport.told).hasSize(held + 1);
    assertThat(directWrite(created).isAnswered()).isFalse();
    notifier.step();
  }

  @Test
  void whetherAWriteAppendsIsSaidByItself() {
    Answer.Created created = create("f", 0);
    long nodeId = created.entry().nodeId();
    written(created, 0, "0123456789", 0);
    long handle = open(nodeId, O_RDWR | O_APPEND).handle();
    writeWith(O_RDWR, nodeId, handle, "XX");
    assertThat(store.contentOf("f")).asString(StandardCharsets.UTF_8).isEqualTo("XX23456789");
    writeWith(O_RDWR | O_APPEND, nodeId, created.handle(), "YY");
    assertThat(store.contentOf("f")).asString(StandardCharsets.UTF_8).isEqualTo("XX23456789YY");
    release(handle);
  }

  @Test
  void aWriteThatIsToBeDurableIsSyncedBeforeItsAnswer() {
    Answer.Created created = create("f", 0);
    long nodeId = created.entry().nodeId();
    writeWith(O_RDWR, nodeId, created.handle(), "1");
    assertThat(cache.syncCount).isZero();
    writeWith(O_RDWR | O_DSYNC, nodeId, created.handle(), "2");
    assertThat(cache.syncCount).isEqualTo(1);
    // The backing's file is one that syncs.
    long handle = open(nodeId, O_RDWR | O_DSYNC).handle();
    writeWith(O_RDWR | O_DSYNC, nodeId, handle, "3");
    assertThat(cache.syncCount).isEqualTo(1);
    release(handle);
    // The kernel asks for a sync itself after a write through its pages, and only then.
    fs = fileSystem(new FsOptions(TTL, TTL, true, true, false, WORKERS_PER_USER));
    created = create("g", 0);
    nodeId = created.entry().nodeId();
    writeWith(O_RDWR | O_DSYNC, nodeId, created.handle(), "4");
    assertThat(cache.syncCount).isEqualTo(1);
    writeWith(O_RDWR | O_DSYNC | O_DIRECT, nodeId, created.handle(), "5");
    assertThat(cache.syncCount).isEqualTo(2);
  }

  private void writeWith(int flags, long nodeId, long handle, String text) {
    AssertingRequest request =
        AssertingRequest.of(0, text.getBytes(StandardCharsets.UTF_8)).withFlags(flags);
    fs.write(request, nodeId, handle, 0, false, false);
    workers.runAll();
    assertThat(request.answer(Answer.Written.class)).isNotNull();
  }

  private AssertingRequest directWrite(Answer.Created file) {
    AssertingRequest request = AssertingRequest.of(0, new byte[1]).withFlags(O_DIRECT);
    fs.write(request, file.entry().nodeId(), file.handle(), 0, false, false);
    workers.runAll();
    return request;
  }

  private Answer.Created create(String name, int uid) {
    AssertingRequest request = AssertingRequest.of(uid, new byte[0]);
    fs.create(request, NodeTable.ROOT_ID, name.getBytes(StandardCharsets.UTF_8), O_RDWR, FILE_MODE);
    workers.runAll();
    return request.answer(Answer.Created.class);
  }

  private Answer.Opened open(long nodeId, int flags) {
    return run(r -> fs.open(r, nodeId, flags)).answer(Answer.Opened.class);
  }

  private void release(long handle) {
    run(r -> fs.release(r, 0, handle)).answer(Answer.Bytes.class);
  }

  private int written(Answer.Created file, long offset, String text, int uid) {
    AssertingRequest request = AssertingRequest.of(uid, text.getBytes(StandardCharsets.UTF_8));
    fs.write(request, file.entry().nodeId(), file.handle(), offset, false, false);
    workers.runAll();
    return request.answer(Answer.Written.class).byteCount();
  }

  private AssertingRequest read(Answer.Created file, long offset, int length) {
    return run(r -> fs.read(r, file.entry().nodeId(), file.handle(), offset, length));
  }

  private AssertingRequest run(Consumer<Request> operation) {
    AssertingRequest request = AssertingRequest.plain();
    operation.accept(request);
    workers.runAll();
    return request;
  }
}
