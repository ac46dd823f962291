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

/**
 * A file system over fakes, asked as a transport asks it, on one thread; after each test nothing of
 * it may be left.
 */
abstract class FileSystemFixture {
  static final int WORKERS_PER_USER = 4;
  static final long TTL = 1_000_000_000L;
  static final int O_RDWR = 2;
  static final int FILE_MODE = 0100644;

  final FakeBackingStore store = new FakeBackingStore();
  final FakeBlockCache cache = new FakeBlockCache(store);
  final NodeTable table = new NodeTable(store.root(), 1000);
  final RecordingTransport transport = new RecordingTransport();
  final KernelNotifier notifier = new KernelNotifier(table, transport);
  final FakeWorkers workers = new FakeWorkers();
  final Meters meters = new Meters();
  final DirectoryWatches watches =
      new DirectoryWatches(null, store, cache, table, notifier, meters);
  private final List<EmberFileSystem> fileSystems = new ArrayList<>();

  EmberFileSystem fs = fileSystem(new FsOptions(TTL, TTL, false, true, false, WORKERS_PER_USER));

  EmberFileSystem fileSystem(FsOptions options) {
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
    assertThat(table.count()).isEqualTo(1);
    assertThat(meters.counter("fuse.handlerErrors").value()).isZero();
  }

  Answer.Created create(String name, int uid) {
    AssertingRequest request = AssertingRequest.of(uid, new byte[0]);
    fs.create(request, NodeTable.ROOT_ID, bytes(name), O_RDWR, FILE_MODE);
    workers.runAll();
    return request.answer(Answer.Created.class);
  }

  Answer.Opened open(long nodeId, int flags) {
    return run(r -> fs.open(r, nodeId, flags)).answer(Answer.Opened.class);
  }

  void release(long handle) {
    run(r -> fs.release(r, 0, handle)).answer(Answer.Bytes.class);
  }

  int written(Answer.Created file, long offset, String text, int uid) {
    AssertingRequest request = AssertingRequest.of(uid, bytes(text));
    fs.write(request, file.entry().nodeId(), file.handle(), offset, false, false);
    workers.runAll();
    return request.answer(Answer.Written.class).byteCount();
  }

  AssertingRequest read(Answer.Created file, long offset, int length) {
    return run(r -> fs.read(r, file.entry().nodeId(), file.handle(), offset, length));
  }

  AssertingRequest run(Consumer<Request> operation) {
    AssertingRequest request = AssertingRequest.plain();
    operation.accept(request);
    workers.runAll();
    return request;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
