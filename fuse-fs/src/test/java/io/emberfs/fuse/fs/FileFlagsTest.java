package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.AssertingRequest;
import io.emberfs.testkit.AssertingRequest.Answer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the flags of each read and write say: past the kernel's pages, at the end, durable. */
final class FileFlagsTest extends FileSystemFixture {
  private static final int O_APPEND = 02000;
  private static final int O_DSYNC = 010000;
  private static final int O_DIRECT = 040000;

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
}
