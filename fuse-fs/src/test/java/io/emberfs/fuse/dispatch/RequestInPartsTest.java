package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests whose header, structure and payload lie apart, as a ring brings them. */
final class RequestInPartsTest {
  private static final int HEADER = 40;
  private static final int HEADER_AT = 0;
  private static final int STRUCTURE_AT = 128;

  private final RequestMeters meters = RequestMeters.of(new Meters());
  private final RecordingReplyChannel channel = new RecordingReplyChannel();
  private final RecordingFsHandler recording = new RecordingFsHandler();
  private final MemorySegment memory =
      Arena.global().allocate(WireRequest.memorySize(1 << 20), 4096);
  private final WireRequest request = new WireRequest(memory, channel, meters);
  private final Dispatcher dispatcher = new Dispatcher(recording, meters);

  static Stream<Map.Entry<String, byte[]>> samples() {
    return SampleRequests.byCall().entrySet().stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void theyAreServedLikeWholeOnesWhereverTheStructureEnds(Map.Entry<String, byte[]> sample) {
    byte[] bytes = sample.getValue();
    int structureMax = Math.min(Wire.STRUCTURE_SIZE_MAX, bytes.length - HEADER);
    for (int structure = 0; structure <= structureMax; structure++) {
      int payload = bytes.length - HEADER - structure;
      memory.fill((byte) 'Z');
      MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, HEADER_AT, HEADER);
      MemorySegment.copy(bytes, HEADER, memory, JAVA_BYTE, STRUCTURE_AT, structure);
      MemorySegment.copy(
          bytes,
          HEADER + structure,
          memory,
          JAVA_BYTE,
          request.payloadAddress() - memory.address(),
          payload);
      recording.calls.clear();

      assertThat(request.join(HEADER_AT, STRUCTURE_AT, payload)).isEqualTo(bytes.length);
      assertThat(dispatcher.dispatch(request, 1, bytes.length)).isTrue();

      assertThat(String.join("|", recording.calls)).isEqualTo(sample.getKey());
    }
    assertThat(meters.malformed().value()).isZero();
  }

  @Test
  void sizesThatCannotBeAreNoRequest() {
    memory.set(JAVA_INT_UNALIGNED, HEADER_AT, HEADER + 8);
    assertThat(request.join(HEADER_AT, STRUCTURE_AT, 8)).isEqualTo(HEADER + 8);
    assertThat(request.join(HEADER_AT, STRUCTURE_AT, 9)).isEqualTo(-1);
    assertThat(request.join(HEADER_AT, STRUCTURE_AT, -1)).isEqualTo(-1);
    memory.set(JAVA_INT_UNALIGNED, HEADER_AT, HEADER + 8 + Wire.STRUCTURE_SIZE_MAX + 1);
    assertThat(request.join(HEADER_AT, STRUCTURE_AT, 8)).isEqualTo(-1);
    memory.set(JAVA_INT_UNALIGNED, HEADER_AT, Integer.MAX_VALUE);
    int byteCount = request.join(HEADER_AT, STRUCTURE_AT, Integer.MAX_VALUE - HEADER);
    assertThat(dispatcher.dispatch(request, 1, byteCount)).isTrue();
    assertThat(recording.calls).isEmpty();
    assertThat(meters.malformed().value()).isEqualTo(1);
  }
}
