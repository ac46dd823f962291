package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.core.Meters;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Whatever bytes arrive: one reply or none, nothing thrown, and no byte from outside the request
 * reaches the handler.
 */
final class DispatcherFuzzTest {
  private static final int REQUEST_SIZE_MAX = 1 << 16;
  private static final int MUTATIONS = 5_000;
  private static final int HEADER_SIZE = 40;
  private static final int OPCODE_AT = 4;

  /** Lies behind each request. No sample contains it, so a call that shows it read too far. */
  private static final String OUTSIDE = "ZZZ";

  private final RequestMeters meters = RequestMeters.of(new Meters());
  private final RecordingReplyChannel channel = new RecordingReplyChannel();
  private final RecordingFsHandler handler = new RecordingFsHandler();
  private final Dispatcher dispatcher = new Dispatcher(handler, meters);
  private final MemorySegment memory =
      Arena.ofAuto().allocate(WireRequest.memorySize(REQUEST_SIZE_MAX), 4096);
  private final WireRequest request = new WireRequest(memory, channel, meters);

  @FuzzTest(maxDuration = "10m")
  void anyBytesLeadToOneReplyOrNone(byte[] bytes) {
    if (bytes.length <= REQUEST_SIZE_MAX) {
      serve(bytes);
    }
  }

  @Test
  void damagedRequestsLeadToOneReplyOrNoneAndShowNothingFromOutside() {
    byte[][] samples = SampleRequests.byCall().values().toArray(byte[][]::new);
    Seeds.check(random -> {
      for (int i = 0; i < MUTATIONS; i++) {
        byte[] damaged = RequestMutation.mutate(samples[random.nextInt(samples.length)], random);
        serve(damaged);
        Supplier<String> description = () -> Arrays.toString(damaged);
        assertThat(String.join("|", handler.calls)).as(description).doesNotContain(OUTSIDE);
      }
    });
  }

  private void serve(byte[] bytes) {
    Supplier<String> description = () -> Arrays.toString(bytes);
    MemorySegment received =
        memory.asSlice(WireRequest.REQUEST_OFFSET, memory.byteSize() - WireRequest.REQUEST_OFFSET);
    received.asSlice(0, Math.min(received.byteSize(), bytes.length + 4096L)).fill((byte) 'Z');
    MemorySegment.copy(bytes, 0, received, JAVA_BYTE, 0, bytes.length);
    channel.replies.clear();
    handler.calls.clear();
    boolean isFree = dispatcher.dispatch(request, 1, bytes.length);

    assertThat(isFree).as(description).isTrue();
    assertThat(meters.handlerErrors().value()).as(description).isZero();
    assertThat(meters.doubleAnswers().value()).as(description).isZero();
    assertThat(channel.replies).as(description).hasSize(expectsReply(bytes) ? 1 : 0);
  }

  private static boolean expectsReply(byte[] bytes) {
    return bytes.length >= HEADER_SIZE
        && !Opcode.isUnanswered(
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(OPCODE_AT));
  }
}
