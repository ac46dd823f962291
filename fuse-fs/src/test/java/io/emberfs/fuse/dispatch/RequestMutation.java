package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.FsHandler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Damages requests, and checks that a damaged one leads to one reply or none, and to no byte from
 * outside it.
 */
final class RequestMutation {
  private static final int LEN_AT = 0;
  private static final int OPCODE_AT = 4;
  private static final int EXTENSIONS_AT = 36;
  private static final int HEADER_SIZE = 40;

  /** A byte that no sample contains: found in a call, it was read outside the request. */
  private static final byte OUTSIDE = (byte) 'Z';

  private RequestMutation() {}

  static byte[] mutate(byte[] sample, RandomGenerator random) {
    byte[] bytes = sample.clone();
    int mutations = 1 + random.nextInt(3);
    for (int i = 0; i < mutations && bytes.length > 0; i++) {
      switch (random.nextInt(6)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(64));
        case 2 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        case 3 -> putInt(bytes, 4 * random.nextInt(bytes.length), interesting(random));
        case 4 -> putInt(bytes, OPCODE_AT, random.nextInt(60));
        default -> putInt(bytes, EXTENSIONS_AT, random.nextInt(8));
      }
    }
    // Mostly with the right length, or nothing behind the first check would be tried.
    if (random.nextInt(8) != 0) {
      putInt(bytes, LEN_AT, bytes.length);
    }
    return bytes;
  }

  static void serveAndCheck(
      byte[] bytes,
      FsHandler handler,
      WireRequest request,
      MemorySegment memory,
      RecordingReplyChannel channel,
      RequestMeters meters) {
    Supplier<String> description = () -> Arrays.toString(bytes);
    MemorySegment received =
        memory.asSlice(WireRequest.REQUEST_OFFSET, Math.min(1 << 14, memory.byteSize() - 4096));
    received.fill(OUTSIDE);
    MemorySegment.copy(bytes, 0, received, JAVA_BYTE, 0, bytes.length);
    channel.replies.clear();
    long errorsBefore = meters.handlerErrors().value();
    boolean isFree = new Dispatcher(handler, meters).dispatch(request, 1, bytes.length);

    assertThat(isFree).as(description).isTrue();
    assertThat(meters.handlerErrors().value()).as(description).isEqualTo(errorsBefore);
    assertThat(meters.doubleAnswers().value()).as(description).isZero();
    int expected =
        bytes.length < HEADER_SIZE || Opcode.isUnanswered(getInt(bytes, OPCODE_AT)) ? 0 : 1;
    assertThat(channel.replies).as(description).hasSize(expected);
    if (handler instanceof RecordingFsHandler recording) {
      assertThat(String.join("|", recording.calls)).as(description).doesNotContain("ZZZ");
      recording.calls.clear();
    }
  }

  private static int interesting(RandomGenerator random) {
    return switch (random.nextInt(5)) {
      case 0 -> -1;
      case 1 -> Integer.MAX_VALUE;
      case 2 -> Integer.MIN_VALUE;
      case 3 -> random.nextInt(200);
      default -> random.nextInt();
    };
  }

  private static void putInt(byte[] bytes, int at, int value) {
    if (at + Integer.BYTES <= bytes.length) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    }
  }

  private static int getInt(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
  }
}
