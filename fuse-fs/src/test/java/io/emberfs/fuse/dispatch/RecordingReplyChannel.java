package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.emberfs.core.Errno;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Remembers the replies of a dispatcher instead of sending them. */
final class RecordingReplyChannel implements ReplyChannel {
  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  final List<Reply> replies = new ArrayList<>();
  final List<WireRequest> released = new ArrayList<>();

  /** How many sends are refused with EINVAL before one is taken. */
  int refusals;

  /** One reply; {@code error} is 0 or the negated errno. */
  record Reply(int descriptor, int error, long unique, byte[] payload) {
    ByteBuffer buffer() {
      return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  Reply onlyReply() {
    if (replies.size() != 1) {
      throw new AssertionError(replies.size() + " replies");
    }
    return replies.getFirst();
  }

  @Override
  public synchronized int send(int descriptor, long address, long byteCount) {
    return take(descriptor, MEMORY.asSlice(address, byteCount).toArray(JAVA_BYTE));
  }

  @Override
  public synchronized int sendGather(int descriptor, long iovecAddress, int count) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      long address = MEMORY.get(JAVA_LONG_UNALIGNED, iovecAddress + 16L * i);
      long size = MEMORY.get(JAVA_LONG_UNALIGNED, iovecAddress + 16L * i + 8);
      bytes.writeBytes(MEMORY.asSlice(address, size).toArray(JAVA_BYTE));
    }
    return take(descriptor, bytes.toByteArray());
  }

  @Override
  public synchronized void release(WireRequest request) {
    released.add(request);
  }

  private int take(int descriptor, byte[] bytes) {
    if (refusals > 0) {
      refusals--;
      return -Errno.EINVAL;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (buffer.getInt(0) != bytes.length) {
      throw new AssertionError("length " + buffer.getInt(0) + " of " + bytes.length + " bytes");
    }
    int error = buffer.getInt(4);
    if (error > 0 || error < -511 || (error != 0 && bytes.length != 16)) {
      throw new AssertionError("error " + error + " in " + bytes.length + " bytes");
    }
    byte[] payload = Arrays.copyOfRange(bytes, 16, bytes.length);
    replies.add(new Reply(descriptor, error, buffer.getLong(8), payload));
    return bytes.length;
  }
}
