package io.emberfs.fuse.fs;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Caller;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Histogram;
import io.emberfs.core.Meters;
import io.emberfs.core.Meters.Counter;
import io.emberfs.core.Namespace;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.HandleTable;
import io.emberfs.fuse.node.KnownNode;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Operations on the bytes of open files. Methods run where the file system put them and throw what
 * becomes the errno.
 */
final class FileOperations {
  private static final int O_ACCMODE = 3;
  private static final int O_RDONLY = 0;
  private static final int O_TRUNC = 01000;
  private static final int O_APPEND = 02000;
  private static final int O_DSYNC = 010000;
  private static final int O_DIRECT = 040000;
  private static final int O_SYNC = 04010000;
  private static final int HANDLES_MAX = 1 << 20;

  private final BackingStore store;
  private final BlockCache cache;
  private final Nodes nodes;
  private final FsOptions options;
  private final Clock clock;
  private final HandleTable<OpenFile> files = new HandleTable<>(HANDLES_MAX);

  /** Direct writes that are there but for the kernel's pages. */
  private final AtomicInteger waitingWrites = new AtomicInteger();

  /** How many of them may be; set before the first request. */
  private volatile int waitingWritesMax;

  private final Counter reads;
  private final Counter readBytes;
  private final Counter writes;
  private final Counter writeBytes;
  private final Histogram readLatency;
  private final Histogram writeLatency;
  private final Histogram syncLatency;

  FileOperations(
      BackingStore store,
      BlockCache cache,
      Nodes nodes,
      FsOptions options,
      Clock clock,
      Meters meters) {
    this.store = store;
    this.cache = cache;
    this.nodes = nodes;
    this.options = options;
    this.clock = clock;
    this.reads = meters.counter("reads.requests");
    this.readBytes = meters.counter("reads.bytes");
    this.writes = meters.counter("writes.requests");
    this.writeBytes = meters.counter("writes.bytes");
    this.readLatency = meters.histogram("latencyMicros.read");
    this.writeLatency = meters.histogram("latencyMicros.write");
    this.syncLatency = meters.histogram("latencyMicros.fsync");
  }

  /** The mount begins. */
  void init(FuseTransport.Capabilities capabilities) {
    waitingWritesMax = capabilities.heldRequestsMax();
  }

  void open(Request request, long nodeId, int flags) {
    boolean changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
    KnownNode known = changes ? nodes.requireWritable(nodeId) : nodes.require(nodeId);
    BackingNode node = known.backing();
    if (!Nodes.isRegular(node)) {
      throw new BackingException(Errno.EINVAL, "open", "node " + nodeId + ", no regular file");
    }
    if (changes) {
      nodes.requireNamed(known);
    }
    node.retain();
    CachedFile file;
    try {
      file = cache.open(node, flags);
    } catch (Throwable failed) {
      node.release(1);
      throw failed;
    }
    long handle = add(known, file, flags);
    if ((flags & O_TRUNC) != 0 && request.uid() != 0) {
      try {
        nodes.clearSetId(known, NameOperations.caller(request));
      } catch (Throwable failed) {
        close(handle);
        throw failed;
      }
    }
    request.replyOpen(handle, openReply(file, flags));
  }

  void create(Request request, long parentId, byte[] name, int flags, int mode) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    Caller caller = NameOperations.caller(request);
    finishCreating(request, store.create(parent, name, flags, mode, caller), flags);
  }

  void createUnnamed(Request request, long parentId, int flags, int mode) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    Caller caller = NameOperations.caller(request);
    finishCreating(request, store.createUnnamed(parent, flags, mode, caller), flags);
  }

  private void finishCreating(Request request, Namespace.Created created, int flags) {
    BackingNode node = created.node();
    // One reference for the open file, one for what the kernel knows.
    node.retain();
    CachedFile file;
    try {
      file = cache.created(created, flags);
    } catch (Throwable failed) {
      node.release(2);
      throw failed;
    }
    Request.Entry entry;
    try {
      entry = nodes.learn(node);
    } catch (Throwable failed) {
      closeQuietly(file);
      node.release(1);
      throw failed;
    }
    long handle;
    try {
      KnownNode known = nodes.require(entry.nodeId());
      handle = add(known, file, flags);
      if (entry.attributes().linkCount() == 0) {
        known.lostLastName();
      }
    } catch (Throwable failed) {
      nodes.unlearn(entry);
      throw failed;
    }
    request.replyCreated(entry, handle, openReply(file, flags));
  }

  /** Answers from RAM on the receiving thread, else defers. Allocates nothing in the first case. */
  void read(Request request, Tasks tasks, long handle, long offset, int length) {
    reads.increment();
    OpenFile open = files.get(handle);
    if (open == null) {
      request.error(Errno.EBADF);
      return;
    }
    if (!isDirect(request)) {
      open.node().readPages();
    }
    long begin = clock.nanoTime();
    int byteCount;
    try {
      byteCount = cache.readNow(open.file(), offset, length, request.out(), request.pid());
    } catch (BackingException refused) {
      request.error(refused.errno());
      return;
    }
    if (byteCount == BlockCache.WOULD_WAIT) {
      tasks.later(request, () -> readWaiting(request, open, offset, length, begin));
      return;
    }
    finishRead(request, byteCount, begin);
  }

  private void readWaiting(Request request, OpenFile open, long offset, int length, long begin) {
    finishRead(
        request, cache.read(open.file(), offset, length, request.out(), request.pid()), begin);
  }

  private void finishRead(Request request, int byteCount, long begin) {
    readBytes.add(byteCount);
    readLatency.record(clock.nanoTime() - begin);
    request.reply(byteCount);
  }

  /** Answers on the receiving thread where nothing has to be waited for, else defers. */
  void write(
      Request request,
      Tasks tasks,
      long handle,
      long offset,
      boolean killSetId,
      boolean fromPages) {
    writes.increment();
    long begin = clock.nanoTime();
    OpenFile open = files.get(handle);
    if (open != null
        && !appends(request, open)
        && !open.node().maySetId()
        && !mustSync(request, open)) {
      int byteCount;
      try {
        byteCount = cache.writeNow(open.file(), offset, request.in(), request.pid());
      } catch (BackingException refused) {
        request.error(refused.errno());
        return;
      }
      if (byteCount != BlockCache.WOULD_WAIT) {
        if (mayLeaveStalePages(request, open.node())) {
          request.defer();
          answerWithoutPages(request, open.node(), offset, byteCount, byteCount, begin);
        } else {
          finishWrite(request, byteCount, begin);
        }
        return;
      }
    }
    tasks.later(request, () -> writeWaiting(request, handle, offset, killSetId, fromPages, begin));
  }

  private void writeWaiting(
      Request request, long handle, long offset, boolean killSetId, boolean fromPages, long begin) {
    OpenFile open = requireOpen(handle);
    boolean appends = appends(request, open) && !fromPages;
    int byteCount =
        appends
            ? cache.append(open.file(), request.in(), request.pid())
            : cache.write(open.file(), offset, request.in(), request.pid());
    // Nobody stands behind pages that the kernel writes back: a store through a mapping clears
    // nothing.
    if (killSetId || (request.uid() != 0 && !fromPages)) {
      nodes.clearSetId(open.node(), NameOperations.caller(request));
    }
    if (mustSync(request, open)) {
      cache.sync(open.file(), (request.fileFlags() & O_SYNC) != O_SYNC);
    }
    if (mayLeaveStalePages(request, open.node())) {
      // Where the end of the file was, only the backing knows: all pages from the first on.
      answerWithoutPages(
          request, open.node(), appends ? 0 : offset, appends ? 0 : byteCount, byteCount, begin);
    } else {
      finishWrite(request, byteCount, begin);
    }
  }

  /**
   * Whether O_APPEND holds for this write: it may have come, or gone, since the file was opened.
   */
  private static boolean appends(Request request, OpenFile open) {
    int flags = request.fileFlags();
    return flags == Request.UNKNOWN_FLAGS ? open.appends() : (flags & O_APPEND) != 0;
  }

  private static boolean isDirect(Request request) {
    int flags = request.fileFlags();
    return flags != Request.UNKNOWN_FLAGS && (flags & O_DIRECT) != 0;
  }

  /**
   * Whether the write is to be durable when it is answered (RWF_DSYNC, RWF_SYNC, or O_DSYNC that
   * came later), and nobody else sees to that: a file opened so is one of the backing's too, and
   * the kernel asks for a sync itself after a write through its pages.
   */
  private boolean mustSync(Request request, OpenFile open) {
    int flags = request.fileFlags();
    return flags != Request.UNKNOWN_FLAGS
        && (flags & O_DSYNC) != 0
        && !open.syncs()
        && (!options.kernelCache() || isDirect(request));
  }

  /**
   * Whether pages that were read while this direct write was under way must go before it is
   * answered. The kernel itself drops them after a write that its caller waits for, but not after
   * one that was only submitted (io_submit(2), io_uring).
   */
  private boolean mayLeaveStalePages(Request request, KnownNode node) {
    return isDirect(request) && options.kernelCache() && node.mayHaveStalePages();
  }

  /**
   * Answers when the kernel has dropped what it may have read before the bytes were there. Only a
   * few writes wait for that: the kernel drops a page when its reader is done, and the reader may
   * need one of the requests that the waiting writes hold. Any more are answered first, and the
   * pages go a moment later.
   */
  private void answerWithoutPages(
      Request request, KnownNode node, long offset, long length, int byteCount, long begin) {
    if (waitingWrites.incrementAndGet() <= waitingWritesMax) {
      nodes.dropPages(
          node,
          offset,
          length,
          () -> {
            waitingWrites.decrementAndGet();
            finishWrite(request, byteCount, begin);
          });
    } else {
      waitingWrites.decrementAndGet();
      finishWrite(request, byteCount, begin);
      nodes.dropPages(node, offset, length, () -> {});
    }
  }

  private void finishWrite(Request request, int byteCount, long begin) {
    writeBytes.add(byteCount);
    writeLatency.record(clock.nanoTime() - begin);
    request.replyWritten(byteCount);
  }

  void flush(Request request, long handle) {
    cache.flush(requireOpen(handle).file());
    request.reply(0);
  }

  void release(Request request, long handle) {
    if (!close(handle)) {
      throw new BackingException(Errno.EBADF, "release", "handle " + handle);
    }
    request.reply(0);
  }

  void sync(Request request, long handle, boolean dataOnly, long begin) {
    cache.sync(requireOpen(handle).file(), dataOnly);
    syncLatency.record(clock.nanoTime() - begin);
    request.reply(0);
  }

  void allocate(Request request, long handle, int mode, long offset, long length) {
    OpenFile open = requireOpen(handle);
    cache.allocate(open.file(), mode, offset, length);
    if (request.uid() != 0) {
      nodes.clearSetId(open.node(), NameOperations.caller(request));
    }
    request.reply(0);
  }

  void seek(Request request, long handle, long offset, int whence) {
    request.replyOffset(cache.seek(requireOpen(handle).file(), offset, whence));
  }

  void copyRange(
      Request request,
      long handle,
      long offset,
      long targetHandle,
      long targetOffset,
      long length) {
    OpenFile target = requireOpen(targetHandle);
    long copied =
        cache.copyRange(requireOpen(handle).file(), offset, target.file(), targetOffset, length);
    if (request.uid() != 0) {
      nodes.clearSetId(target.node(), NameOperations.caller(request));
    }
    request.replyWritten(Math.toIntExact(copied));
  }

  /** Closes what the kernel left open when the connection ended. */
  void closeAll() {
    files.removeAll(this::closeQuietly);
  }

  private void closeQuietly(OpenFile open) {
    try {
      end(open);
    } catch (BackingException _) {
      // Nobody is left to hear of it.
    }
  }

  private void closeQuietly(CachedFile file) {
    try {
      cache.close(file);
    } catch (BackingException _) {
      // The error that led here is the one to report.
    }
  }

  /**
   * Gives out a handle; takes the file and one reference to its node over, also when this throws.
   */
  private long add(KnownNode known, CachedFile file, int flags) {
    OpenFile open = new OpenFile(known, file, (flags & O_APPEND) != 0, (flags & O_DSYNC) != 0);
    known.opened();
    long handle = files.add(open);
    if (handle == 0) {
      closeQuietly(open);
      throw new BackingException(Errno.EMFILE, "open", "node " + known.nodeId());
    }
    return handle;
  }

  private boolean close(long handle) {
    OpenFile open = files.remove(handle);
    if (open == null) {
      return false;
    }
    end(open);
    return true;
  }

  private void end(OpenFile open) {
    BackingNode node = open.node().backing();
    try {
      cache.close(open.file());
    } finally {
      if (open.node().closed()) {
        cache.forget(node);
      }
      node.release(1);
    }
  }

  private OpenFile requireOpen(long handle) {
    OpenFile open = files.get(handle);
    if (open == null) {
      throw new BackingException(Errno.EBADF, "use", "handle " + handle);
    }
    return open;
  }

  private Request.OpenReply openReply(CachedFile file, int flags) {
    // Without writes there is nothing that a close could report.
    boolean noFlush = (flags & O_ACCMODE) == O_RDONLY;
    boolean keepCache = options.kernelCache() && file.unchangedSinceLastOpen();
    return new Request.OpenReply(!options.kernelCache(), keepCache, noFlush, false);
  }
}
