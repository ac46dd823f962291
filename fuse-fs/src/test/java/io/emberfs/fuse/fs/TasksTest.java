package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.testkit.AssertingRequest;
import io.emberfs.testkit.AssertingRequest.Answer;
import org.junit.jupiter.api.Test;

final class TasksTest {
  private final FakeWorkers workers = new FakeWorkers();
  private final Meters meters = new Meters();
  private final AssertingRequest request = AssertingRequest.plain();

  @Test
  void aBodyRunsOnAWorker() {
    tasks().later(request, () -> request.reply(0));
    assertThat(request.isDeferred()).isTrue();
    assertThat(request.isAnswered()).isFalse();
    workers.runAll();
    assertThat(request.isAnswered()).isTrue();
  }

  @Test
  void whenTheWorkersAreFullTheReceiverDoesTheWork() {
    workers.isFull = true;
    tasks().later(request, () -> request.reply(0));
    assertThat(request.isAnswered()).isTrue();
  }

  @Test
  void whatTheBackingRefusesIsTheAnswer() {
    workers.isFull = true;
    tasks()
        .later(
            request,
            () -> {
              throw new BackingException(Errno.ENOSPC, "write", "planted");
            });
    assertThat(request.answer(Answer.Failure.class).errno()).isEqualTo(Errno.ENOSPC);
    assertThat(meters.counter("errors").value()).isZero();
  }

  @Test
  void anythingElseIsEioAndCounted() {
    workers.isFull = true;
    tasks()
        .later(
            request,
            () -> {
              throw new IllegalStateException("planted");
            });
    assertThat(request.answer(Answer.Failure.class).errno()).isEqualTo(Errno.EIO);
    assertThat(meters.counter("errors").value()).isEqualTo(1);
  }

  private Tasks tasks() {
    return new Tasks(new UserShares(workers, 2), meters.counter("errors"));
  }
}
