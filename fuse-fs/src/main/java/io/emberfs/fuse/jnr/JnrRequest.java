package io.emberfs.fuse.jnr;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.Request;
import io.emberfs.fuse.dispatch.RequestMeters;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One question to the handler and its one answer. Made for each question, so an answer that comes
 * twice meets nobody else's.
 *
 * <p>Threads: libfuse's thread asks and parks until the answer is there, whoever gives it; only it
 * reads the answer. {@link #isDone} publishes what was answered.
 */
final class JnrRequest implements Request {
  private static final MemorySegment NOTHING = MemorySegment.NULL;
  private static final int ERRNO_MAX = 511;

  private final Caller caller;
  private final MemorySegment in;
  private final MemorySegment out;
  private final DirectorySink sink;
  private final RequestMeters meters;
  private final Thread asker = Thread.currentThread();
  private final AtomicBoolean isClaimed = new AtomicBoolean();

  /** Of the asking thread. */
  private boolean isDeferred;

  private volatile boolean isDone;

  // The answer; written before isDone.
  private int errno;
  private long number;
  private boolean isNoEntry;
  private @Nullable Entry entry;
  private @Nullable Attributes attributes;
  private @Nullable FileSystemStatistics statistics;

  /** Takes the entries of a directory. */
  interface DirectorySink {
    /** Whether there was room. */
    boolean add(byte[] name, long inode, int type, long nextCookie);
  }

  private JnrRequest(
      Caller caller,
      MemorySegment in,
      MemorySegment out,
      DirectorySink sink,
      RequestMeters meters) {
    this.caller = caller;
    this.in = in;
    this.out = out;
    this.sink = sink;
    this.meters = meters;
  }

  /**
   * Asks the handler and waits for the answer.
   *
   * @param in data that goes with the question, valid until it is answered
   * @param out where the answer's bytes go
   * @param sink where entries of a directory go
   * @throws BackingException with the errno that was answered
   */
  static JnrRequest ask(
      Caller caller,
      MemorySegment in,
      MemorySegment out,
      DirectorySink sink,
      RequestMeters meters,
      Consumer<Request> question) {
    JnrRequest request = new JnrRequest(caller, in, out, sink, meters);
    request.put(question);
    request.await();
    if (request.errno != 0) {
      throw new BackingException(request.errno, "ask", "the handler");
    }
    return request;
  }

  /** As above, for a question without data. */
  static JnrRequest ask(Caller caller, RequestMeters meters, Consumer<Request> question) {
    return ask(caller, NOTHING, NOTHING, (_, _, _, _) -> false, meters, question);
  }

  private void put(Consumer<Request> question) {
    try {
      question.accept(this);
    } catch (BackingException refused) {
      error(refused.errno());
    } catch (Throwable thrown) {
      meters.handlerErrors().increment();
      error(Errno.EIO);
    }
    if (!isDeferred && !isDone) {
      meters.handlerErrors().increment();
      error(Errno.EIO);
    }
  }

  private void await() {
    boolean wasInterrupted = false;
    while (!isDone) {
      LockSupport.park(this);
      // An interrupt ends no call: the memory is in use until the answer is there.
      wasInterrupted |= Thread.interrupted();
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A count of bytes, a handle, a size. */
  long number() {
    return number;
  }

  /** The entry answered; the caller owns its reference. */
  Entry entry() {
    return required(entry);
  }

  /** As {@link #entry}, for a question that may find nothing. */
  Entry entryOrEnoent() {
    if (isNoEntry) {
      throw new BackingException(Errno.ENOENT, "look up", "a name");
    }
    return entry();
  }

  Attributes attributes() {
    return required(attributes);
  }

  FileSystemStatistics statistics() {
    return required(statistics);
  }

  private static <T> T required(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("answered with something else than was asked for");
    }
    return part;
  }

  @Override
  public int uid() {
    return caller.uid();
  }

  @Override
  public int gid() {
    return caller.gid();
  }

  @Override
  public int pid() {
    return caller.pid();
  }

  @Override
  public int umask() {
    return caller.umask();
  }

  @Override
  public MemorySegment in() {
    return in;
  }

  @Override
  public MemorySegment out() {
    return out;
  }

  @Override
  public void defer() {
    isDeferred = true;
    meters.deferred().increment();
  }

  @Override
  public void reply(int byteCount) {
    if (byteCount < 0 || byteCount > out.byteSize()) {
      throw new IllegalArgumentException(
          "answer of " + byteCount + " bytes, room for " + out.byteSize());
    }
    answer(() -> number = byteCount);
  }

  @Override
  public void reply(MemorySegment... parts) {
    long at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, out, at, part.byteSize());
      at += part.byteSize();
    }
    reply((int) at);
  }

  @Override
  public void error(int wanted) {
    answer(() -> errno = wanted > 0 && wanted <= ERRNO_MAX ? wanted : Errno.EIO);
  }

  @Override
  public void replyEntry(Entry answered) {
    answer(() -> entry = answered);
  }

  @Override
  public void replyNoEntry(long validNanos) {
    answer(() -> isNoEntry = true);
  }

  @Override
  public void replyCreated(Entry answered, long handle, OpenReply flags) {
    answer(() -> {
      entry = answered;
      number = handle;
    });
  }

  @Override
  public void replyAttributes(Attributes answered, long validNanos) {
    answer(() -> attributes = answered);
  }

  @Override
  public void replyOpen(long handle, OpenReply flags) {
    answer(() -> number = handle);
  }

  @Override
  public void replyWritten(int byteCount) {
    answer(() -> number = byteCount);
  }

  @Override
  public void replyExtendedAttributeSize(int byteCount) {
    answer(() -> number = byteCount);
  }

  @Override
  public void replyOffset(long offset) {
    answer(() -> number = offset);
  }

  @Override
  public void replyStatistics(FileSystemStatistics answered) {
    answer(() -> statistics = answered);
  }

  @Override
  public boolean addDirectoryEntry(byte[] name, long inode, int type, long nextCookie) {
    return sink.add(name, inode, type, nextCookie);
  }

  @Override
  public boolean addDirectoryEntryPlus(
      byte[] name, long inode, int type, long nextCookie, @Nullable Entry withReference) {
    throw new IllegalStateException("READDIRPLUS was not asked for");
  }

  @Override
  public void replyDirectory() {
    answer(() -> {});
  }

  private void answer(Runnable fields) {
    if (!isClaimed.compareAndSet(false, true)) {
      meters.doubleAnswers().increment();
      return;
    }
    fields.run();
    isDone = true;
    LockSupport.unpark(asker);
  }
}
