package io.emberfs.testkit;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A backing that fails when a test wants it to: with an errno at the n-th call of an operation,
 * with parts of reads and writes, with a sync that does nothing, or with something else that
 * happens before or after a call (a foreign write, say).
 *
 * <p>What is not armed passes through to the inner store, which it owns. Any thread; faults are
 * armed while no call runs.
 */
public final class FaultyBackingStore implements BackingStore {
  private final BackingStore inner;
  private final Map<Operation, Integer> calls = new EnumMap<>(Operation.class);
  private final Map<Operation, Failure> failures = new EnumMap<>(Operation.class);
  private final Map<Operation, Runnable> before = new EnumMap<>(Operation.class);
  private final Map<Operation, Runnable> after = new EnumMap<>(Operation.class);
  private final Set<Operation> skipped = EnumSet.noneOf(Operation.class);
  private @Nullable RandomGenerator random;
  private double failureChance;
  private int writeBytesMax = Integer.MAX_VALUE;
  private int readBytesMax = Integer.MAX_VALUE;

  /** What can be made to fail. */
  public enum Operation {
    READ,
    WRITE,
    TRUNCATE,
    ALLOCATE,
    COPY,
    SEEK,
    SYNC,
    VERSION,
    OPEN,
    CREATE,
    /** All other calls on names and attributes. */
    NAMESPACE
  }

  private record Failure(int atCall, int errno, boolean forever) {
    boolean hits(int call) {
      return forever ? call >= atCall : call == atCall;
    }
  }

  /** Passes everything through until a fault is armed. */
  public FaultyBackingStore(BackingStore inner) {
    this.inner = inner;
  }

  /** The n-th call of an operation from now on fails, 1 being the next one. */
  public synchronized void failAt(Operation operation, int n, int errno) {
    failures.put(operation, new Failure(callsOf(operation) + n, errno, false));
  }

  /** Each call of an operation fails from now on. */
  public synchronized void failAlways(Operation operation, int errno) {
    failures.put(operation, new Failure(callsOf(operation), errno, true));
  }

  /** Each call fails with EIO by chance. */
  public synchronized void failRandomly(RandomGenerator generator, double chance) {
    random = generator;
    failureChance = chance;
  }

  /** Syncs answer well and do nothing: the liar that durability tests must find. */
  public synchronized void skipSyncs() {
    skipped.add(Operation.SYNC);
  }

  /** A write takes at most this many bytes, as on a disk that fills up. */
  public synchronized void shortenWrites(int bytesMax) {
    writeBytesMax = bytesMax;
  }

  /** A read gives at most this many bytes, as of a file that is cut while it is read. */
  public synchronized void shortenReads(int bytesMax) {
    readBytesMax = bytesMax;
  }

  /** Something that happens right before each call of an operation, on its thread. */
  public synchronized void before(Operation operation, Runnable event) {
    before.put(operation, event);
  }

  /**
   * Something that happens right after each call of an operation, before its caller hears of it.
   */
  public synchronized void after(Operation operation, Runnable event) {
    after.put(operation, event);
  }

  /** Everything passes through again; counts go on. */
  public synchronized void heal() {
    failures.clear();
    before.clear();
    after.clear();
    skipped.clear();
    random = null;
    writeBytesMax = Integer.MAX_VALUE;
    readBytesMax = Integer.MAX_VALUE;
  }

  /** How often an operation was called. */
  public synchronized int callsOf(Operation operation) {
    return calls.getOrDefault(operation, 0);
  }

  private <T> T call(Operation operation, Supplier<T> request) {
    Runnable first;
    Runnable last;
    synchronized (this) {
      int call = calls.merge(operation, 1, Integer::sum);
      Failure failure = failures.get(operation);
      if (failure != null && failure.hits(call)) {
        throw new BackingException(failure.errno(), operation.name(), "call " + call);
      }
      if (random != null && random.nextDouble() < failureChance) {
        throw new BackingException(Errno.EIO, operation.name(), "call " + call);
      }
      first = before.get(operation);
      last = after.get(operation);
    }
    // Outside of the monitor: an event may wait for another thread's call.
    if (first != null) {
      first.run();
    }
    T result = request.get();
    if (last != null) {
      last.run();
    }
    return result;
  }

  private void run(Operation operation, Runnable request) {
    Boolean _ =
        call(
            operation,
            () -> {
              request.run();
              return true;
            });
  }

  private synchronized boolean skips(Operation operation) {
    return skipped.contains(operation);
  }

  private synchronized MemorySegment shortened(MemorySegment memory, int bytesMax) {
    return memory.byteSize() > bytesMax ? memory.asSlice(0, bytesMax) : memory;
  }

  @Override
  public BackingNode root() {
    return inner.root();
  }

  @Override
  public BackingNode lookup(BackingNode parent, byte[] name) {
    return call(Operation.NAMESPACE, () -> inner.lookup(parent, name));
  }

  @Override
  public @Nullable BackingNode recall(
      BackingNode parent, byte[] name, NodeIdentity identity, int type) {
    return inner.recall(parent, name, identity, type);
  }

  @Override
  public Attributes attributes(BackingNode node) {
    return call(Operation.NAMESPACE, () -> inner.attributes(node));
  }

  @Override
  public void change(BackingNode node, AttributeChange change) {
    run(Operation.NAMESPACE, () -> inner.change(node, change));
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    Created made = call(Operation.CREATE, () -> inner.create(parent, name, flags, mode, caller));
    return new Created(made.node(), new FaultyBackingFile(made.file()), made.existed());
  }

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    Created made = call(Operation.CREATE, () -> inner.createUnnamed(parent, flags, mode, caller));
    return new Created(made.node(), new FaultyBackingFile(made.file()), made.existed());
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    return call(Operation.NAMESPACE, () -> inner.makeDirectory(parent, name, mode, caller));
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    return call(Operation.NAMESPACE, () -> inner.makeNode(parent, name, mode, rdev, caller));
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    return call(Operation.NAMESPACE, () -> inner.makeSymbolicLink(parent, name, target, caller));
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    return call(Operation.NAMESPACE, () -> inner.link(node, newParent, newName));
  }

  @Override
  public byte[] readLink(BackingNode node) {
    return call(Operation.NAMESPACE, () -> inner.readLink(node));
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    run(Operation.NAMESPACE, () -> inner.unlink(parent, name));
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    run(Operation.NAMESPACE, () -> inner.removeDirectory(parent, name));
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    run(Operation.NAMESPACE, () -> inner.rename(parent, name, newParent, newName, flags));
  }

  @Override
  public BackingDirectory openDirectory(BackingNode node) {
    return new FaultyBackingDirectory(call(Operation.OPEN, () -> inner.openDirectory(node)));
  }

  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    return call(Operation.NAMESPACE, () -> inner.statistics(node));
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    return call(Operation.NAMESPACE, () -> inner.extendedAttribute(node, name));
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    run(Operation.NAMESPACE, () -> inner.setExtendedAttribute(node, name, value, flags));
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    return call(Operation.NAMESPACE, () -> inner.extendedAttributeNames(node));
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    run(Operation.NAMESPACE, () -> inner.removeExtendedAttribute(node, name));
  }

  @Override
  public BackingFile open(BackingNode node, OpenMode mode) {
    return new FaultyBackingFile(call(Operation.OPEN, () -> inner.open(node, mode)));
  }

  @Override
  public FileVersion version(BackingNode node) {
    return call(Operation.VERSION, () -> inner.version(node));
  }

  @Override
  public byte[] path(BackingNode node) {
    return inner.path(node);
  }

  @Override
  public long incarnation() {
    return inner.incarnation();
  }

  @Override
  public void syncAll() {
    run(Operation.SYNC, skips(Operation.SYNC) ? () -> {} : inner::syncAll);
  }

  @Override
  public void close() {
    inner.close();
  }

  private final class FaultyBackingDirectory implements BackingDirectory {
    private final BackingDirectory directory;

    FaultyBackingDirectory(BackingDirectory directory) {
      this.directory = directory;
    }

    @Override
    public void read(long cookie, EntrySink sink) {
      run(Operation.READ, () -> directory.read(cookie, sink));
    }

    @Override
    public void sync(boolean dataOnly) {
      run(Operation.SYNC, skips(Operation.SYNC) ? () -> {} : () -> directory.sync(dataOnly));
    }

    @Override
    public void close() {
      directory.close();
    }
  }

  private final class FaultyBackingFile implements BackingFile {
    private final BackingFile file;

    FaultyBackingFile(BackingFile file) {
      this.file = file;
    }

    @Override
    public int read(long offset, MemorySegment target) {
      return call(Operation.READ, () -> file.read(offset, shortened(target, readBytesMax)));
    }

    @Override
    public int write(long offset, MemorySegment source) {
      return call(Operation.WRITE, () -> file.write(offset, shortened(source, writeBytesMax)));
    }

    @Override
    public void truncate(long size) {
      run(Operation.TRUNCATE, () -> file.truncate(size));
    }

    @Override
    public void allocate(int mode, long offset, long length) {
      run(Operation.ALLOCATE, () -> file.allocate(mode, offset, length));
    }

    @Override
    public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
      BackingFile innerTarget = ((FaultyBackingFile) target).file;
      return call(Operation.COPY, () -> file.copyRange(offset, innerTarget, targetOffset, length));
    }

    @Override
    public long seek(long offset, int whence) {
      return call(Operation.SEEK, () -> file.seek(offset, whence));
    }

    @Override
    public void sync(boolean dataOnly) {
      run(Operation.SYNC, skips(Operation.SYNC) ? () -> {} : () -> file.sync(dataOnly));
    }

    @Override
    public FileVersion version() {
      return call(Operation.VERSION, file::version);
    }

    @Override
    public void adviseUnneeded(long offset, long length) {
      file.adviseUnneeded(offset, length);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
