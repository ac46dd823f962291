package io.emberfs.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.Attributes;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.Request;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that fails the test when it is answered twice, from another thread without {@link
 * #defer}, or with more bytes than there is room for; and that remembers its one answer.
 */
public final class AssertingRequest implements Request {
  private static final int OUT_SIZE = 1 << 20;

  /** What a request was answered with. */
  public sealed interface Answer {
    record Bytes(byte[] bytes) implements Answer {}

    record Failure(int errno) implements Answer {}

    record Node(Entry entry) implements Answer {}

    record NoNode(long validNanos) implements Answer {}

    record Created(Entry entry, long handle, OpenReply flags) implements Answer {}

    record OfAttributes(Attributes attributes, long validNanos) implements Answer {}

    record Opened(long handle, OpenReply flags) implements Answer {}

    record Written(int byteCount) implements Answer {}

    record ExtendedAttributeSize(int byteCount) implements Answer {}

    record Offset(long offset) implements Answer {}

    record OfStatistics(FileSystemStatistics statistics) implements Answer {}

    record Listing(List<ListedEntry> entries) implements Answer {}
  }

  /** One entry of a listing; {@code entry} is null without attributes. */
  public record ListedEntry(
      String name, long inode, int type, long nextCookie, @Nullable Entry entry) {}

  private final Thread receiver = Thread.currentThread();
  private final int uid;
  private final MemorySegment in;
  private @Nullable MemorySegment out;
  private final int entriesMax;
  private final List<ListedEntry> entries = new ArrayList<>();
  private int fileFlags = UNKNOWN_FLAGS;
  private boolean isDeferred;
  private @Nullable Answer answer;

  private AssertingRequest(int uid, byte[] input, int entriesMax) {
    this.uid = uid;
    this.in = Arena.ofAuto().allocate(Math.max(1, input.length), 8).asSlice(0, input.length);
    this.in.copyFrom(MemorySegment.ofArray(input));
    this.entriesMax = entriesMax;
  }

  /** A request of root without data. */
  public static AssertingRequest plain() {
    return new AssertingRequest(0, new byte[0], Integer.MAX_VALUE);
  }

  /** A request of this user with data. */
  public static AssertingRequest of(int uid, byte[] input) {
    return new AssertingRequest(uid, input, Integer.MAX_VALUE);
  }

  /** The same on a file with these flags now. */
  public AssertingRequest withFlags(int flags) {
    fileFlags = flags;
    return this;
  }

  /** A request of root with room for so many directory entries. */
  public static AssertingRequest listing(int entriesMax) {
    return new AssertingRequest(0, new byte[0], entriesMax);
  }

  /** The one answer; fails if there is none. */
  public synchronized Answer answer() {
    Answer present = answer;
    if (present == null) {
      throw new AssertionError("the request was not answered");
    }
    return present;
  }

  /** The answer as what it is expected to be. */
  public <A extends Answer> A answer(Class<A> type) {
    Answer present = answer();
    if (!type.isInstance(present)) {
      throw new AssertionError("expected " + type.getSimpleName() + ", answered " + present);
    }
    return type.cast(present);
  }

  /** The errno answered; fails if the answer is no failure. */
  public int errno() {
    return answer(Answer.Failure.class).errno();
  }

  public synchronized boolean isAnswered() {
    return answer != null;
  }

  public synchronized boolean isDeferred() {
    return isDeferred;
  }

  @Override
  public int uid() {
    return uid;
  }

  @Override
  public int gid() {
    return uid;
  }

  @Override
  public int pid() {
    return 1;
  }

  @Override
  public int fileFlags() {
    return fileFlags;
  }

  @Override
  public int umask() {
    return 0;
  }

  @Override
  public MemorySegment in() {
    return in;
  }

  @Override
  public synchronized MemorySegment out() {
    MemorySegment present = out;
    if (present == null) {
      present = Arena.ofAuto().allocate(OUT_SIZE, 8);
      out = present;
    }
    return present;
  }

  @Override
  public synchronized void defer() {
    if (Thread.currentThread() != receiver) {
      throw new AssertionError("deferred on another thread");
    }
    if (answer != null) {
      throw new AssertionError("deferred after it was answered");
    }
    isDeferred = true;
  }

  @Override
  public void reply(int byteCount) {
    if (byteCount < 0 || byteCount > OUT_SIZE) {
      throw new AssertionError("answer of " + byteCount + " bytes");
    }
    byte[] bytes = byteCount == 0 ? new byte[0] : out().asSlice(0, byteCount).toArray(JAVA_BYTE);
    take(new Answer.Bytes(bytes));
  }

  @Override
  public void reply(MemorySegment... parts) {
    long at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, out(), at, part.byteSize());
      at += part.byteSize();
    }
    reply((int) at);
  }

  @Override
  public void error(int errno) {
    if (errno <= 0) {
      throw new AssertionError("errno " + errno);
    }
    take(new Answer.Failure(errno));
  }

  @Override
  public void replyEntry(Entry entry) {
    take(new Answer.Node(entry));
  }

  @Override
  public void replyNoEntry(long validNanos) {
    take(new Answer.NoNode(validNanos));
  }

  @Override
  public void replyCreated(Entry entry, long handle, OpenReply flags) {
    take(new Answer.Created(entry, handle, flags));
  }

  @Override
  public void replyAttributes(Attributes attributes, long validNanos) {
    take(new Answer.OfAttributes(attributes, validNanos));
  }

  @Override
  public void replyOpen(long handle, OpenReply flags) {
    take(new Answer.Opened(handle, flags));
  }

  @Override
  public void replyWritten(int byteCount) {
    take(new Answer.Written(byteCount));
  }

  @Override
  public void replyExtendedAttributeSize(int byteCount) {
    take(new Answer.ExtendedAttributeSize(byteCount));
  }

  @Override
  public void replyOffset(long offset) {
    take(new Answer.Offset(offset));
  }

  @Override
  public void replyStatistics(FileSystemStatistics statistics) {
    take(new Answer.OfStatistics(statistics));
  }

  @Override
  public boolean addDirectoryEntry(byte[] name, long inode, int type, long nextCookie) {
    return addDirectoryEntryPlus(name, inode, type, nextCookie, null);
  }

  @Override
  public boolean addDirectoryEntryPlus(
      byte[] name, long inode, int type, long nextCookie, @Nullable Entry entry) {
    if (entries.size() == entriesMax) {
      return false;
    }
    entries.add(
        new ListedEntry(new String(name, StandardCharsets.UTF_8), inode, type, nextCookie, entry));
    return true;
  }

  @Override
  public void replyDirectory() {
    take(new Answer.Listing(List.copyOf(entries)));
  }

  private synchronized void take(Answer given) {
    if (answer != null) {
      throw new AssertionError("answered with " + given + " after " + answer);
    }
    if (!isDeferred && Thread.currentThread() != receiver) {
      throw new AssertionError("answered on another thread without being deferred");
    }
    answer = given;
  }
}
