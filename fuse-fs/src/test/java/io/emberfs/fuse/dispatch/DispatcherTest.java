package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Meters;
import io.emberfs.core.Request;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DispatcherTest {
  private static final int REQUEST_SIZE_MAX = 1 << 20;
  private static final int DESCRIPTOR = 42;
  private static final Attributes ATTRIBUTES =
      new Attributes(11, 12, 13, -1, 2_000_000_003L, 4, 0100644, 5, 6, 7, 8, 9, -3);

  private final Meters meters = new Meters();
  private final RequestMeters requestMeters = RequestMeters.of(meters);
  private final RecordingReplyChannel channel = new RecordingReplyChannel();
  private final RecordingFsHandler recording = new RecordingFsHandler();
  private final MemorySegment memory =
      Arena.global().allocate(WireRequest.memorySize(REQUEST_SIZE_MAX), 4096);
  private final WireRequest request = new WireRequest(memory, channel, requestMeters);

  static Stream<Map.Entry<String, byte[]>> samples() {
    return SampleRequests.byCall().entrySet().stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void everyOperationReachesTheHandlerWithItsArguments(Map.Entry<String, byte[]> sample) {
    assertThat(serve(recording, sample.getValue())).isTrue();

    assertThat(String.join("|", recording.calls)).isEqualTo(sample.getKey());
    if (sample.getKey().startsWith("forget")) {
      assertThat(channel.replies).isEmpty();
    } else {
      RecordingReplyChannel.Reply reply = channel.onlyReply();
      assertThat(reply.error()).isZero();
      assertThat(reply.unique()).isEqualTo(WireWriter.UNIQUE);
      assertThat(reply.descriptor()).isEqualTo(DESCRIPTOR);
    }
    assertThat(requestMeters.malformed().value()).isZero();
    assertThat(requestMeters.handlerErrors().value()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "a/b", "/", ""})
  void aNameThatIsNoEntryIsRefused(String name) {
    serve(recording, new WireWriter(Opcode.LOOKUP).name(name).done());
    serve(recording, new WireWriter(Opcode.MKDIR).u32(0, 0).name(name).done());
    serve(recording, new WireWriter(Opcode.RENAME).u64(8).name("a").name(name).done());
    serve(recording, new WireWriter(Opcode.CREATE).u32(0, 0, 0, 0).name(name).done());
    serve(recording, new WireWriter(Opcode.LINK).u64(8).name(name).done());

    assertThat(recording.calls).isEmpty();
    assertThat(channel.replies).hasSize(5).allMatch(reply -> reply.error() == -Errno.EINVAL);
    assertThat(requestMeters.malformed().value()).isEqualTo(5);
  }

  @Test
  void anUnknownOperationIsNotServedForEver() {
    serve(recording, new WireWriter(4711).u64(1).done());

    assertThat(channel.onlyReply().error()).isEqualTo(-Errno.ENOSYS);
    assertThat(requestMeters.unknownOpcodes().value()).isEqualTo(1);
  }

  @Test
  void interruptIsNotAnswered() {
    serve(recording, new WireWriter(Opcode.INTERRUPT).u64(1).done());

    assertThat(channel.replies).isEmpty();
    assertThat(requestMeters.handlerErrors().value()).isZero();
  }

  @Test
  void extensionsBehindTheArgumentsAreNoPartOfThem() {
    byte[] bytes =
        new WireWriter(Opcode.SETXATTR)
            .u32(5, 0, 0, 0)
            .name("a")
            .bytes(new byte[] {1, 2, 3, 4, 5, 0})
            .u64(99)
            .done();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(36, (short) 1);
    serve(recording, bytes);
    assertThat(recording.calls).hasSize(1);

    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(36, (short) 2);
    serve(recording, bytes);
    assertThat(recording.calls).hasSize(1);
    assertThat(channel.replies.getLast().error()).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void anEntryIsEncodedFieldByField() {
    answer((r, _) ->
        r.replyEntry(new Request.Entry(77, 78, ATTRIBUTES, 1_500_000_000L, 2_250_000_000L)));

    ByteBuffer reply = channel.onlyReply().buffer();
    assertThat(reply.remaining()).isEqualTo(128);
    assertThat(reply.getLong(0)).isEqualTo(77);
    assertThat(reply.getLong(8)).isEqualTo(78);
    assertThat(reply.getLong(16)).isEqualTo(1);
    assertThat(reply.getLong(24)).isEqualTo(2);
    assertThat(reply.getInt(32)).isEqualTo(500_000_000);
    assertThat(reply.getInt(36)).isEqualTo(250_000_000);
    assertAttributes(reply, 40);
  }

  @Test
  void attributesAreEncodedFieldByField() {
    answer((r, _) -> r.replyAttributes(ATTRIBUTES, 3_000_000_001L));

    ByteBuffer reply = channel.onlyReply().buffer();
    assertThat(reply.remaining()).isEqualTo(104);
    assertThat(reply.getLong(0)).isEqualTo(3);
    assertThat(reply.getInt(8)).isEqualTo(1);
    assertAttributes(reply, 16);
  }

  @Test
  void extendedAttributesOfAnInodeAreEncodedFieldByField() {
    memory.fill((byte) 0x55);
    FsHandler handler =
        new FsHandler() {
          @Override
          public void getAttributes(Request r, long nodeId, long handle) {
            assertThat(handle).isEqualTo(5);
            r.replyAttributes(ATTRIBUTES, 3_000_000_001L);
          }
        };
    serve(handler, new WireWriter(Opcode.STATX).u32(1, 0).u64(5).u32(0, 0xfff).done());

    ByteBuffer reply = channel.onlyReply().buffer();
    assertThat(reply.remaining()).isEqualTo(288);
    assertThat(reply.getLong(0)).isEqualTo(3);
    assertThat(reply.getLong(8)).isEqualTo(1);
    assertThat(reply.getLong(16)).isZero();
    ByteBuffer stat = reply.slice(32, 256).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(stat.getInt(0)).isEqualTo(0xfff);
    assertThat(stat.getInt(4)).isEqualTo(9);
    assertThat(stat.getLong(8)).isZero();
    assertThat(stat.getInt(16)).isEqualTo(5);
    assertThat(stat.getInt(20)).isEqualTo(6);
    assertThat(stat.getInt(24)).isEqualTo(7);
    assertThat(stat.getInt(28)).isEqualTo(0100644);
    assertThat(stat.getLong(32)).isEqualTo(11);
    assertThat(stat.getLong(40)).isEqualTo(12);
    assertThat(stat.getLong(48)).isEqualTo(13);
    assertThat(stat.getLong(64)).isEqualTo(-1);
    assertThat(stat.getLong(80)).isEqualTo(-1);
    assertThat(stat.getInt(88)).isEqualTo(999_999_997);
    assertThat(stat.getInt(96 + 8)).isEqualTo(4);
    assertThat(stat.getLong(112)).isEqualTo(2);
    assertThat(stat.getInt(128)).isZero();
    assertThat(stat.getInt(132)).isEqualTo(8);
    assertThat(stat.getLong(248)).isZero();
  }

  private static void assertAttributes(ByteBuffer reply, int at) {
    assertThat(reply.getLong(at)).isEqualTo(11);
    assertThat(reply.getLong(at + 8)).isEqualTo(12);
    assertThat(reply.getLong(at + 16)).isEqualTo(13);
    assertThat(reply.getLong(at + 24)).isEqualTo(-1);
    assertThat(reply.getInt(at + 48)).isEqualTo(999_999_999);
    assertThat(reply.getLong(at + 32)).isEqualTo(2);
    assertThat(reply.getInt(at + 52)).isEqualTo(3);
    assertThat(reply.getInt(at + 60)).isEqualTo(0100644);
    assertThat(reply.getInt(at + 64)).isEqualTo(5);
    assertThat(reply.getInt(at + 68)).isEqualTo(6);
    assertThat(reply.getInt(at + 72)).isEqualTo(7);
    assertThat(reply.getInt(at + 76)).isEqualTo(8);
    assertThat(reply.getInt(at + 80)).isEqualTo(9);
    assertThat(reply.getInt(at + 84)).isZero();
  }

  @Test
  void openFlagsAreEncoded() {
    answer((r, _) -> r.replyOpen(5, new Request.OpenReply(true, true, true, true)));

    ByteBuffer reply = channel.onlyReply().buffer();
    assertThat(reply.remaining()).isEqualTo(16);
    assertThat(reply.getLong(0)).isEqualTo(5);
    assertThat(reply.getInt(8)).isEqualTo(1 | 2 | 32 | 64);
  }

  @Test
  void directoryEntriesArePaddedAndBounded() {
    FsHandler handler =
        new FsHandler() {
          @Override
          public void readDirectory(Request r, long n, long h, long cookie, boolean plus) {
            assertThat(r.addDirectoryEntry(new byte[] {'a', 'b', 'c'}, 1, 8, 2)).isTrue();
            assertThat(r.addDirectoryEntry(new byte[8], 1, 8, 3)).isTrue();
            assertThat(r.addDirectoryEntry(new byte[] {'x'}, 1, 8, 4)).isFalse();
            r.replyDirectory();
          }
        };
    serve(handler, readDirectory(Opcode.READDIR, 64 + 31));

    ByteBuffer reply = channel.onlyReply().buffer();
    assertThat(reply.remaining()).isEqualTo(64);
    assertThat(reply.getLong(0)).isEqualTo(1);
    assertThat(reply.getLong(8)).isEqualTo(2);
    assertThat(reply.getInt(16)).isEqualTo(3);
    assertThat(reply.getInt(20)).isEqualTo(8);
    assertThat(reply.get(24)).isEqualTo((byte) 'a');
    assertThat(reply.get(27)).isZero();
    assertThat(reply.getLong(32 + 8)).isEqualTo(3);
  }

  @Test
  void entriesWithoutNodeAreAllZerosInAListingWithAttributes() {
    memory.fill((byte) 0x55);
    FsHandler handler =
        new FsHandler() {
          @Override
          public void readDirectory(Request r, long n, long h, long cookie, boolean plus) {
            assertThat(r.addDirectoryEntryPlus(new byte[] {'.'}, 1, 4, 1, null)).isTrue();
            r.replyDirectory();
          }
        };
    serve(handler, readDirectory(Opcode.READDIRPLUS, 4096));

    byte[] payload = channel.onlyReply().payload();
    assertThat(payload).hasSize(128 + 32);
    assertThat(Arrays.copyOf(payload, 128)).containsOnly(0);
  }

  @Test
  void partsAreSentOneAfterTheOther() {
    MemorySegment one = Arena.global().allocate(3, 8).fill((byte) 1);
    MemorySegment heap = MemorySegment.ofArray(new byte[] {2, 2});
    answer((r, _) -> r.reply(one, one));
    answer((r, _) -> r.reply(one, heap));

    assertThat(channel.replies.getFirst().payload()).containsExactly(1, 1, 1, 1, 1, 1);
    assertThat(channel.replies.getLast().payload()).containsExactly(1, 1, 1, 2, 2);
  }

  @Test
  void aSecondAnswerIsCountedAndNotSent() {
    answer((r, _) -> {
      r.reply(0);
      r.error(Errno.EIO);
    });

    assertThat(channel.onlyReply().error()).isZero();
    assertThat(requestMeters.doubleAnswers().value()).isEqualTo(1);
  }

  @Test
  void anAnswerThatIsTooLongBecomesEio() {
    answer((r, length) -> r.reply(length + 1));

    assertThat(channel.onlyReply().error()).isEqualTo(-Errno.EIO);
    assertThat(requestMeters.handlerErrors().value()).isEqualTo(1);
  }

  @Test
  void aRefusalOfTheBackingKeepsItsErrno() {
    answer((_, _) -> {
      throw new BackingException(Errno.ENOSPC, "pwrite", "17");
    });

    assertThat(channel.onlyReply().error()).isEqualTo(-Errno.ENOSPC);
    assertThat(requestMeters.handlerErrors().value()).isZero();
  }

  @Test
  void aReplyThatTheKernelRefusesIsReplacedByEio() {
    channel.refusals = 1;
    answer((r, _) -> r.reply(1));

    assertThat(channel.onlyReply().error()).isEqualTo(-Errno.EIO);
    assertThat(requestMeters.replyErrors().value()).isEqualTo(1);
  }

  @Test
  void aDeferredRequestIsReleasedWhenItIsAnsweredLater() {
    assertThat(answer((r, _) -> r.defer())).isFalse();
    assertThat(channel.replies).isEmpty();
    request.reply(0);

    assertThat(channel.onlyReply().descriptor()).isEqualTo(DESCRIPTOR);
    assertThat(channel.released).containsExactly(request);
  }

  @Test
  void aDeferredRequestThatWasAnsweredAtOnceStaysWithItsReceiver() {
    boolean isFree =
        answer((r, _) -> {
          r.defer();
          r.reply(0);
        });

    assertThat(isFree).isTrue();
    assertThat(channel.released).isEmpty();
    assertThat(channel.replies).hasSize(1);
  }

  @Test
  void aReadThatIsAnsweredAtOnceAllocatesNothing() {
    ReplyChannel silent =
        new ReplyChannel() {
          @Override
          public int send(int descriptor, long address, long byteCount) {
            return (int) byteCount;
          }

          @Override
          public int sendGather(int descriptor, long iovecAddress, int count) {
            return 0;
          }

          @Override
          public void release(WireRequest released) {}
        };
    FsHandler handler =
        new FsHandler() {
          @Override
          public void read(Request r, long nodeId, long handle, long offset, int length) {
            r.out().set(JAVA_BYTE, 0, (byte) 1);
            r.reply(length);
          }
        };
    Dispatcher dispatcher = new Dispatcher(handler, requestMeters);
    WireRequest quiet = new WireRequest(memory, silent, requestMeters);
    byte[] bytes = read();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    long allocated = Long.MAX_VALUE;
    // The first rounds are interpreted and compiled; only then does what remains count.
    for (int round = 0; round < 20 && allocated > 1000; round++) {
      long before = threads.getThreadAllocatedBytes(id);
      for (int i = 0; i < 20_000; i++) {
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, WireRequest.REQUEST_OFFSET, bytes.length);
        dispatcher.dispatch(quiet, DESCRIPTOR, bytes.length);
      }
      allocated = threads.getThreadAllocatedBytes(id) - before;
    }

    assertThat(allocated).isLessThanOrEqualTo(1000);
  }

  private boolean answer(BiConsumer<Request, Integer> body) {
    FsHandler handler =
        new FsHandler() {
          @Override
          public void read(Request r, long nodeId, long handle, long offset, int length) {
            body.accept(r, length);
          }
        };
    return serve(handler, read());
  }

  private static byte[] read() {
    return new WireWriter(Opcode.READ).u64(5, 0).u32(8192, 0).u64(0).u32(0, 0).done();
  }

  private static byte[] readDirectory(int opcode, int size) {
    return new WireWriter(opcode).u64(5, 0).u32(size, 0).u64(0).u32(0, 0).done();
  }

  private boolean serve(FsHandler handler, byte[] bytes) {
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, WireRequest.REQUEST_OFFSET, bytes.length);
    return new Dispatcher(handler, requestMeters).dispatch(request, DESCRIPTOR, bytes.length);
  }
}
