package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.AssertingRequest;
import io.emberfs.testkit.AssertingRequest.Answer;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Opens by a name that the kernel remembers and that somebody else has removed meanwhile. */
final class RemovedBehindTest {
  private static final long TTL = 1_000_000_000L;
  private static final int O_RDONLY = 0;
  private static final int O_WRONLY = 1;
  private static final int O_TRUNC = 01000;
  private static final byte[] NAME = "f".getBytes(StandardCharsets.UTF_8);

  private final FakeBackingStore store = new FakeBackingStore();
  private final NodeTable table = new NodeTable(store.root(), 1000);
  private final FakeBlockCache cache = new FakeBlockCache(store);
  private final KernelNotifier notifier = new KernelNotifier(table, new RecordingTransport());
  private final Meters meters = new Meters();
  private final FakeWorkers workers = new FakeWorkers();

  private final EmberFileSystem fs =
      new EmberFileSystem(
          store,
          cache,
          table,
          notifier,
          new DirectoryWatches(null, store, cache, table, notifier, meters),
          workers,
          new FsOptions(TTL, TTL, false, true, false, 1),
          Clock.SYSTEM,
          meters);

  @Test
  void anOpenThatWouldChangeItIsStaleAndNothingIsCut() {
    long node = create();
    BackingNode behind = store.lookup(store.root(), NAME);
    store.unlink(store.root(), NAME);

    assertThat(open(node, O_WRONLY)).isEqualTo(new Answer.Failure(Errno.ESTALE));
    assertThat(open(node, O_RDONLY | O_TRUNC)).isEqualTo(new Answer.Failure(Errno.ESTALE));
    assertThat(store.attributes(behind).size()).isEqualTo(5);
    behind.release(1);
  }

  @Test
  void anOpenForReadingGetsWhatTheKernelRemembers() {
    long node = create();
    store.unlink(store.root(), NAME);

    assertThat(open(node, O_RDONLY)).isInstanceOf(Answer.Opened.class);
  }

  @Test
  void whatWasRemovedThroughTheMountIsOpenedAgainByItsDescriptor() {
    long node = create();
    AssertingRequest request = AssertingRequest.plain();
    fs.unlink(request, NodeTable.ROOT_ID, NAME);
    workers.runAll();
    assertThat(request.isAnswered()).isTrue();

    assertThat(open(node, O_WRONLY)).isInstanceOf(Answer.Opened.class);
  }

  @Test
  void changesByNameOfWhatWasRemovedAreStaleToo() {
    long node = create();
    store.unlink(store.root(), NAME);
    AssertingRequest truncation = AssertingRequest.plain();
    fs.setAttributes(truncation, node, new AttributeChange(null, null, null, null, null), 0, false);
    workers.runAll();
    AssertingRequest attribute = AssertingRequest.of(0, new byte[] {1});
    fs.setExtendedAttribute(attribute, node, "user.a".getBytes(StandardCharsets.UTF_8), 0, false);
    workers.runAll();

    assertThat(truncation.answer(Answer.Failure.class).errno()).isEqualTo(Errno.ESTALE);
    assertThat(attribute.answer(Answer.Failure.class).errno()).isEqualTo(Errno.ESTALE);
  }

  @Test
  void whoHasItOpenMayMeanItWithoutAName() {
    long node = create();
    assertThat(open(node, O_RDONLY)).isInstanceOf(Answer.Opened.class);
    store.unlink(store.root(), NAME);

    assertThat(open(node, O_WRONLY)).isInstanceOf(Answer.Opened.class);
  }

  /** The kernel tells of a last close when close has returned, and on a way of its own. */
  @Test
  void aCloseThatIsOnItsWayHoldsNothing() throws InterruptedException {
    long node = create();
    AssertingRequest reading = AssertingRequest.plain();
    fs.open(reading, node, O_RDONLY);
    workers.runAll();
    store.unlink(store.root(), NAME);

    AssertingRequest writing = AssertingRequest.plain();
    fs.open(writing, node, O_WRONLY);
    Thread opener = Thread.ofPlatform().start(workers::runAll);
    await().until(() -> opener.getState() == Thread.State.TIMED_WAITING || !opener.isAlive());
    fs.release(AssertingRequest.plain(), node, reading.answer(Answer.Opened.class).handle());
    workers.runAll();
    opener.join();

    assertThat(writing.answer(Answer.class)).isEqualTo(new Answer.Failure(Errno.ESTALE));
  }

  private long create() {
    AssertingRequest request = AssertingRequest.plain();
    fs.create(request, NodeTable.ROOT_ID, NAME, O_WRONLY, 0644);
    workers.runAll();
    Answer.Created created = request.answer(Answer.Created.class);
    AssertingRequest write = AssertingRequest.of(0, "bytes".getBytes(StandardCharsets.UTF_8));
    fs.write(write, created.entry().nodeId(), created.handle(), 0, false, false);
    workers.runAll();
    assertThat(write.answer(Answer.Written.class).byteCount()).isEqualTo(5);
    fs.release(AssertingRequest.plain(), created.entry().nodeId(), created.handle());
    workers.runAll();
    return created.entry().nodeId();
  }

  private Answer open(long node, int flags) {
    AssertingRequest request = AssertingRequest.plain();
    fs.open(request, node, flags);
    workers.runAll();
    return request.answer(Answer.class);
  }
}
