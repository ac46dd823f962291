package io.emberfs.fuse.channel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.Errno;
import io.emberfs.ffi.FuseDevice;
import io.emberfs.ffi.NativeMemory;
import io.emberfs.fuse.dispatch.ReplyChannel;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a FUSE queue: the memory that the kernel puts a request into and takes its reply
 * from. The first bytes are the header (struct fuse_uring_req_header), the payload is that of the
 * {@link WireRequest} in the same memory.
 *
 * <p>Threads: the kernel has it from a command to that command's completion; then the ring thread;
 * then, if the request was deferred, whoever answers it, until {@link #release} hands it back by
 * {@link UringQueue#answered}. Only the ring thread touches the header.
 */
final class RingEntry implements ReplyChannel {
  // struct fuse_uring_req_header, struct fuse_uring_ent_in_out in it
  static final int HEADER_SIZE = 288;
  private static final int IN_OUT = 0;
  private static final int STRUCTURE = 128;
  private static final int COMMIT_ID = 264;
  private static final int PAYLOAD_SIZE = 272;

  // struct fuse_out_header
  private static final int REPLY_HEADER_SIZE = 16;
  private static final int REPLY_LENGTH = 0;
  private static final int REPLY_ERROR = 4;

  private final int index;
  private final MemorySegment memory;
  private final UringQueue queue;
  private final WireRequest request;

  private long commitId;

  /** Where the reply's header lies, and bytes of the reply with it; 0 if there is none. */
  private long replyAddress;

  private long replyBytes;

  /** The entry that was answered before this one; of {@link UringQueue#answered}. */
  @Nullable RingEntry next;

  /**
   * @param memory {@link WireRequest#memorySize} bytes, for as long as the connection stands
   */
  RingEntry(int index, MemorySegment memory, UringQueue queue, RequestMeters meters) {
    this.index = index;
    this.memory = memory;
    this.queue = queue;
    this.request = new WireRequest(memory, this, meters);
  }

  int index() {
    return index;
  }

  WireRequest request() {
    return request;
  }

  long commitId() {
    return commitId;
  }

  /** Describes the memory to the kernel as two elements of struct iovec, for REGISTER. */
  void describe(MemorySegment iovecs, int headerBytes) {
    iovecs.set(JAVA_LONG, 0, memory.address());
    iovecs.set(JAVA_LONG, 8, headerBytes);
    iovecs.set(JAVA_LONG, FuseDevice.IOVEC_SIZE, request.payloadAddress());
    iovecs.set(JAVA_LONG, FuseDevice.IOVEC_SIZE + 8, request.payloadCapacity());
  }

  /**
   * Takes over what the kernel has put there.
   *
   * @return bytes of the request, to be dispatched; -1 if it is none
   */
  int receive() {
    commitId = memory.get(JAVA_LONG, COMMIT_ID);
    replyBytes = 0;
    return request.join(IN_OUT, STRUCTURE, memory.get(JAVA_INT, PAYLOAD_SIZE));
  }

  /** Puts the reply where the kernel takes it; EIO if there is none, for the caller waits. */
  void putReply() {
    if (replyBytes == 0) {
      // The number of the request stands where it stood; only a reply of parts writes there.
      memory.set(JAVA_INT, IN_OUT + REPLY_LENGTH, REPLY_HEADER_SIZE);
      memory.set(JAVA_INT, IN_OUT + REPLY_ERROR, -Errno.EIO);
      memory.set(JAVA_INT, PAYLOAD_SIZE, 0);
      return;
    }
    NativeMemory.copy(replyAddress, memory.address() + IN_OUT, REPLY_HEADER_SIZE);
    memory.set(JAVA_INT, PAYLOAD_SIZE, (int) (replyBytes - REPLY_HEADER_SIZE));
  }

  /** The bytes are in the payload already: the kernel hears of them when the entry is committed. */
  @Override
  public int send(int descriptor, long address, long byteCount) {
    replyAddress = address;
    replyBytes = byteCount;
    return (int) byteCount;
  }

  /** The first part is the header; the others are copied, for the ring takes one payload. */
  @Override
  public int sendGather(int descriptor, long iovecAddress, int count) {
    long iovecs = iovecAddress - memory.address();
    long target = request.payloadAddress();
    for (int i = 1; i < count; i++) {
      long at = iovecs + (long) i * FuseDevice.IOVEC_SIZE;
      long byteCount = memory.get(JAVA_LONG, at + 8);
      NativeMemory.copy(memory.get(JAVA_LONG, at), target, byteCount);
      target += byteCount;
    }
    replyAddress = memory.get(JAVA_LONG, iovecs);
    replyBytes = target - request.payloadAddress() + REPLY_HEADER_SIZE;
    return (int) replyBytes;
  }

  @Override
  public void release(WireRequest answered) {
    queue.answered(this);
  }
}
