package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.emberfs.core.Attributes;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.Request;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One request in its memory, and the encoding of its one answer. Made once for each buffer and used
 * again and again.
 *
 * <p>Memory, the channel's:
 *
 * <pre>
 * 0                 REPLY_OFFSET       PAYLOAD_OFFSET (page border)
 * | parts | request header, arguments | WRITE's data, or the answer's bytes ... |
 *         REQUEST_OFFSET     | reply header |
 * </pre>
 *
 * A WRITE's data is page-aligned because its two headers are as long as what lies between
 * REQUEST_OFFSET and the border. A request that comes in parts has its header and structure put in
 * front of the border, wherever the header then begins. The answer overwrites the request, so
 * everything needed later is taken out of it before the handler is called; only {@link #in()}
 * shares its place with {@link #out()}.
 *
 * <p>Threads: the receiving thread has the request until the handler returns. If it was deferred,
 * whoever comes second of {@link #endReceiving} and the answer frees the memory; {@link #state}
 * decides.
 */
public final class WireRequest implements Request {
  private static final int PAGE_SIZE = 4096;

  /** Where the answer's bytes and a WRITE's data begin. */
  static final int PAYLOAD_OFFSET = PAGE_SIZE;

  static final int REQUEST_OFFSET = PAYLOAD_OFFSET - Wire.IN_HEADER_SIZE - Wire.WRITE_SIZE;
  static final int REPLY_OFFSET = PAYLOAD_OFFSET - Wire.OUT_HEADER_SIZE;

  private static final int PARTS_MAX = REQUEST_OFFSET / ReplyEncoder.PART_SIZE - 1;

  /**
   * The kernel sends at most this much more than data, and a shorter buffer than that is refused.
   */
  private static final int RECEIVE_RESERVE = PAGE_SIZE;

  private static final int ERRNO_MAX = 511;

  // Bits of state.
  private static final int CLAIMED = 1;
  private static final int SENT = 1 << 1;
  private static final int RECEIVER_LEFT = 1 << 2;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(WireRequest.class, "state", int.class);
    } catch (ReflectiveOperationException failed) {
      throw new ExceptionInInitializerError(failed);
    }
  }

  private final MemorySegment memory;
  private final MemorySegment out;
  private final WireArguments arguments;
  private final ReplyChannel channel;
  private final RequestMeters meters;

  private volatile int state;

  /** Where the next request's header begins; of the receiving thread. */
  private int requestOffset = REQUEST_OFFSET;

  // Of the present request; written by the receiving thread before the handler sees it.
  private int descriptor;
  private long unique;
  private int opcode;
  private long nodeId;
  private int uid;
  private int gid;
  private int pid;
  private int umask;
  private int inOffset;
  private int inSize;
  private int answerSizeMax;
  private boolean unanswered;
  private boolean deferred;
  private int fileFlags;

  /** Bytes of directory entries in the answer so far; of the thread that answers. */
  private int directoryBytes;

  /**
   * @param memory native, page-aligned, {@link #memorySize} bytes, for as long as this object is
   *     used
   */
  public WireRequest(MemorySegment memory, ReplyChannel channel, RequestMeters meters) {
    this.memory = memory;
    this.arguments = new WireArguments(memory);
    this.out = memory.asSlice(PAYLOAD_OFFSET, memory.byteSize() - PAYLOAD_OFFSET - RECEIVE_RESERVE);
    this.channel = channel;
    this.meters = meters;
  }

  /** Bytes of memory for a request whose data is at most {@code requestSizeMax} bytes. */
  public static long memorySize(int requestSizeMax) {
    return (long) PAYLOAD_OFFSET + requestSizeMax + RECEIVE_RESERVE;
  }

  /** Where the channel puts the bytes of a request. */
  public long receiveAddress() {
    return memory.address() + REQUEST_OFFSET;
  }

  /** Bytes that the channel may put there. */
  public long receiveCapacity() {
    return memory.byteSize() - REQUEST_OFFSET;
  }

  /**
   * Takes a request that came in parts: its header and its operation's structure somewhere in front
   * of {@link #PAYLOAD_OFFSET} in the memory, whatever follows them at that border.
   *
   * @param headerAt offset of the header in the memory
   * @param structureAt offset of the structure
   * @param payloadSize bytes at the border, as the kernel says
   * @return bytes of the request, to be dispatched; -1 if the sizes cannot be
   */
  public int join(int headerAt, int structureAt, int payloadSize) {
    int byteCount = memory.get(JAVA_INT_UNALIGNED, headerAt + Wire.IN_LEN);
    int structureSize = byteCount - Wire.IN_HEADER_SIZE - payloadSize;
    if (payloadSize < 0 || structureSize < 0 || structureSize > Wire.STRUCTURE_SIZE_MAX) {
      return -1;
    }
    requestOffset = PAYLOAD_OFFSET - structureSize - Wire.IN_HEADER_SIZE;
    MemorySegment.copy(memory, headerAt, memory, requestOffset, Wire.IN_HEADER_SIZE);
    MemorySegment.copy(
        memory, structureAt, memory, (long) requestOffset + Wire.IN_HEADER_SIZE, structureSize);
    return byteCount;
  }

  /** Where the payload of a request in parts and that of every reply begin. */
  public long payloadAddress() {
    return memory.address() + PAYLOAD_OFFSET;
  }

  /** Bytes that have room there. */
  public long payloadCapacity() {
    return memory.byteSize() - PAYLOAD_OFFSET;
  }

  /**
   * Takes over the bytes received.
   *
   * @return false if they have no valid header; nothing can be answered then
   */
  boolean begin(int fromDescriptor, int byteCount) {
    if (byteCount < Wire.IN_HEADER_SIZE || byteCount > memory.byteSize() - requestOffset) {
      return false;
    }
    descriptor = fromDescriptor;
    unique = memory.get(JAVA_LONG_UNALIGNED, requestOffset + Wire.IN_UNIQUE);
    opcode = memory.get(JAVA_INT_UNALIGNED, requestOffset + Wire.IN_OPCODE);
    nodeId = memory.get(JAVA_LONG_UNALIGNED, requestOffset + Wire.IN_NODE_ID);
    uid = memory.get(JAVA_INT_UNALIGNED, requestOffset + Wire.IN_UID);
    gid = memory.get(JAVA_INT_UNALIGNED, requestOffset + Wire.IN_GID);
    pid = memory.get(JAVA_INT_UNALIGNED, requestOffset + Wire.IN_PID);
    umask = 0;
    arguments.begin(requestOffset, byteCount);
    inOffset = PAYLOAD_OFFSET;
    inSize = 0;
    answerSizeMax = (int) out.byteSize();
    unanswered = Opcode.isUnanswered(opcode);
    deferred = false;
    fileFlags = UNKNOWN_FLAGS;
    directoryBytes = 0;
    STATE.setRelease(this, 0);
    return true;
  }

  /** Makes sure that the request is as long as it says, before its arguments are used. */
  void checkLength() {
    arguments.checkLength();
  }

  int opcode() {
    return opcode;
  }

  long nodeId() {
    return nodeId;
  }

  boolean isAnswered() {
    return (state & CLAIMED) != 0;
  }

  /** What the request came with, behind its header. */
  WireArguments arguments() {
    return arguments;
  }

  /** Says where the data that came with the request lies; it must be within the arguments. */
  void setIn(int at, int size) {
    arguments.requireWithin(at, size);
    inOffset = arguments.offset() + at;
    inSize = size;
  }

  void setUmask(int callersUmask) {
    umask = callersUmask;
  }

  /** Bounds the answer to what the kernel has room for. */
  void setAnswerSizeMax(int size) {
    if (size < 0) {
      throw new MalformedRequestException("answer size");
    }
    answerSizeMax = (int) Math.min(size, out.byteSize());
  }

  void setFileFlags(int flags) {
    fileFlags = flags;
  }

  /**
   * The receiving thread is done with this request.
   *
   * @return whether the memory is free for the next one; if not, {@link ReplyChannel#release} will
   *     hear of it
   */
  boolean endReceiving() {
    if (!deferred) {
      if (!unanswered && !isAnswered()) {
        meters.handlerErrors().increment();
        error(Errno.EIO);
      }
      return true;
    }
    return ((int) STATE.getAndBitwiseOr(this, RECEIVER_LEFT) & SENT) != 0;
  }

  @Override
  public int uid() {
    return uid;
  }

  @Override
  public int gid() {
    return gid;
  }

  @Override
  public int pid() {
    return pid;
  }

  @Override
  public int fileFlags() {
    return fileFlags;
  }

  @Override
  public int umask() {
    return umask;
  }

  @Override
  public MemorySegment in() {
    return memory.asSlice(inOffset, inSize);
  }

  @Override
  public MemorySegment out() {
    return out;
  }

  @Override
  public void defer() {
    deferred = true;
    meters.deferred().increment();
  }

  @Override
  public void reply(int byteCount) {
    requireRoom(byteCount);
    if (claim()) {
      send(0, byteCount);
    }
  }

  @Override
  public void reply(MemorySegment... parts) {
    long byteCount = 0;
    boolean isGatherable = parts.length <= PARTS_MAX;
    for (MemorySegment part : parts) {
      byteCount += part.byteSize();
      isGatherable &= part.isNative();
    }
    requireRoom(byteCount);
    if (!claim()) {
      return;
    }
    if (isGatherable) {
      sendGather(parts, (int) byteCount);
      return;
    }
    long at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, out, at, part.byteSize());
      at += part.byteSize();
    }
    send(0, (int) byteCount);
  }

  @Override
  public void error(int errno) {
    if (claim()) {
      send(errno > 0 && errno <= ERRNO_MAX ? errno : Errno.EIO, 0);
    }
  }

  @Override
  public void replyEntry(Entry entry) {
    if (claim()) {
      ReplyEncoder.entry(out, 0, entry);
      send(0, Wire.ENTRY_SIZE);
    }
  }

  @Override
  public void replyNoEntry(long validNanos) {
    if (claim()) {
      ReplyEncoder.noEntry(out, 0, validNanos);
      send(0, Wire.ENTRY_SIZE);
    }
  }

  @Override
  public void replyCreated(Entry entry, long handle, OpenReply flags) {
    if (claim()) {
      ReplyEncoder.entry(out, 0, entry);
      ReplyEncoder.open(out, Wire.ENTRY_SIZE, handle, flags);
      send(0, Wire.ENTRY_SIZE + Wire.OPEN_OUT_SIZE);
    }
  }

  @Override
  public void replyAttributes(Attributes attributes, long validNanos) {
    if (claim()) {
      send(0, ReplyEncoder.attributesReply(out, opcode, attributes, validNanos));
    }
  }

  @Override
  public void replyOpen(long handle, OpenReply flags) {
    if (claim()) {
      ReplyEncoder.open(out, 0, handle, flags);
      send(0, Wire.OPEN_OUT_SIZE);
    }
  }

  @Override
  public void replyWritten(int byteCount) {
    replyLong(Integer.toUnsignedLong(byteCount));
  }

  @Override
  public void replyExtendedAttributeSize(int byteCount) {
    replyLong(Integer.toUnsignedLong(byteCount));
  }

  @Override
  public void replyOffset(long offset) {
    replyLong(offset);
  }

  @Override
  public void replyStatistics(FileSystemStatistics statistics) {
    if (claim()) {
      ReplyEncoder.statistics(out, 0, statistics);
      send(0, Wire.STATFS_OUT_SIZE);
    }
  }

  @Override
  public boolean addDirectoryEntry(byte[] name, long inode, int type, long nextCookie) {
    int size = ReplyEncoder.directoryEntrySize(name.length);
    if (size > answerSizeMax - directoryBytes) {
      return false;
    }
    ReplyEncoder.directoryEntry(out, directoryBytes, name, inode, type, nextCookie);
    directoryBytes += size;
    return true;
  }

  @Override
  public boolean addDirectoryEntryPlus(
      byte[] name, long inode, int type, long nextCookie, @Nullable Entry entry) {
    int size = Wire.ENTRY_SIZE + ReplyEncoder.directoryEntrySize(name.length);
    if (size > answerSizeMax - directoryBytes) {
      return false;
    }
    if (entry == null) {
      ReplyEncoder.noEntry(out, directoryBytes, 0);
    } else {
      ReplyEncoder.entry(out, directoryBytes, entry);
    }
    ReplyEncoder.directoryEntry(
        out, directoryBytes + (long) Wire.ENTRY_SIZE, name, inode, type, nextCookie);
    directoryBytes += size;
    return true;
  }

  @Override
  public void replyDirectory() {
    if (claim()) {
      send(0, directoryBytes);
    }
  }

  /** Answers with eight bytes: offsets, and the structures of one 32-bit size and padding. */
  private void replyLong(long value) {
    if (claim()) {
      out.set(JAVA_LONG_UNALIGNED, 0, value);
      send(0, Wire.WRITE_OUT_SIZE);
    }
  }

  private void requireRoom(long byteCount) {
    if (byteCount < 0 || byteCount > answerSizeMax) {
      throw new IllegalArgumentException(
          "answer of " + byteCount + " bytes, room for " + answerSizeMax);
    }
  }

  private boolean claim() {
    if (((int) STATE.getAndBitwiseOr(this, CLAIMED) & CLAIMED) != 0) {
      meters.doubleAnswers().increment();
      return false;
    }
    return true;
  }

  private void send(int errno, int payloadBytes) {
    if (!unanswered) {
      putHeader(errno, payloadBytes);
      int result =
          channel.send(
              descriptor,
              memory.address() + REPLY_OFFSET,
              (long) Wire.OUT_HEADER_SIZE + payloadBytes);
      finishSending(result);
    }
    endSending();
  }

  private void sendGather(MemorySegment[] parts, int payloadBytes) {
    putHeader(0, payloadBytes);
    ReplyEncoder.part(memory, 0, memory.address() + REPLY_OFFSET, Wire.OUT_HEADER_SIZE);
    for (int i = 0; i < parts.length; i++) {
      ReplyEncoder.part(memory, i + 1, parts[i].address(), parts[i].byteSize());
    }
    finishSending(channel.sendGather(descriptor, memory.address(), parts.length + 1));
    endSending();
  }

  /** A reply that the kernel found wrong leaves the caller waiting: an error of ours lets it go. */
  private void finishSending(int result) {
    if (result >= 0 || result == -Errno.ENOENT || result == -Errno.ENODEV) {
      // ENOENT: the caller was interrupted or the connection aborted. ENODEV: unmounted. Nobody
      // waits.
      return;
    }
    meters.replyErrors().increment();
    putHeader(Errno.EIO, 0);
    channel.send(descriptor, memory.address() + REPLY_OFFSET, Wire.OUT_HEADER_SIZE);
  }

  private void endSending() {
    if (((int) STATE.getAndBitwiseOr(this, SENT) & RECEIVER_LEFT) != 0) {
      channel.release(this);
    }
  }

  private void putHeader(int errno, int payloadBytes) {
    ReplyEncoder.header(memory, REPLY_OFFSET, errno, unique, payloadBytes);
  }
}
