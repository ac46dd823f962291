package io.emberfs.simulation;

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
import java.nio.charset.StandardCharsets;

/**
 * The backing as one process sees it: a fake on whose calls others may go on, before they take
 * effect and after, and that fails by chance. What a call does to a file goes into its history.
 *
 * <p>Methods that neither the engine nor a program of the simulation uses are refused.
 */
final class SimulatedBacking implements BackingStore {
  private final World world;
  private final BackingStore disk;
  private final Runnable onLook;
  private long openCount;

  /**
   * @param onLook happens at each look at a file's version
   */
  SimulatedBacking(World world, Runnable onLook) {
    this.world = world;
    this.onLook = onLook;
    disk = world.disk;
  }

  /** Files that this process has open. */
  long openCount() {
    return openCount;
  }

  void closed() {
    openCount--;
  }

  @Override
  public BackingNode root() {
    return disk.root();
  }

  @Override
  public Attributes attributes(BackingNode node) {
    before("stat", world.of(node));
    Attributes attributes = disk.attributes(node);
    world.scheduler.pause();
    return attributes;
  }

  @Override
  public void change(BackingNode node, AttributeChange change) {
    before("chmod", world.of(node));
    disk.change(node, change);
    world.scheduler.activity().noteChange(world.of(node));
    world.scheduler.pause();
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    world.scheduler.pause();
    Created created = disk.create(parent, name, flags, mode, caller);
    FileHistory file =
        world.enter(new String(name, StandardCharsets.UTF_8), created.node(), new byte[0]);
    BackingFile opened = opened(created.file(), file, OpenMode.READ_WRITE);
    return new Created(created.node(), opened, false);
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    world.scheduler.pause();
    BackingNode node = disk.lookup(parent, name);
    disk.unlink(parent, name);
    FileHistory file = world.of(node);
    file.noteUnlinked();
    world.scheduler.activity().noteChange(file);
    node.release(1);
    world.scheduler.pause();
  }

  @Override
  public BackingNode lookup(BackingNode parent, byte[] name) {
    world.scheduler.pause();
    BackingNode node = disk.lookup(parent, name);
    try {
      before("lookup", world.of(node));
    } catch (RuntimeException | Error ended) {
      node.release(1);
      throw ended;
    }
    return node;
  }

  @Override
  public BackingFile open(BackingNode node, OpenMode mode) {
    FileHistory file = world.of(node);
    before("open", file);
    // When a synchronous write gets durable is the simulated file's to say, and to the model.
    OpenMode inner = mode == OpenMode.READ_WRITE_SYNC ? OpenMode.READ_WRITE : mode;
    BackingFile opened = opened(disk.open(node, inner), file, mode);
    try {
      world.scheduler.pause();
    } catch (Scheduler.Crash killed) {
      opened.close();
      throw killed;
    }
    return opened;
  }

  @Override
  public FileVersion version(BackingNode node) {
    FileHistory file = world.of(node);
    before("statx", file);
    FileVersion version = seen(disk.version(node), file);
    world.scheduler.pause();
    return version;
  }

  @Override
  public byte[] path(BackingNode node) {
    return disk.path(node);
  }

  /** What a look at a file shows, noted as one. */
  FileVersion seen(FileVersion version, FileHistory file) {
    onLook.run();
    world.scheduler.activity().noteLook(file);
    world.trace.note("look at " + file.name() + ", size:", version.size(), 0);
    return world.plant == Plant.NO_VERSION
        ? new FileVersion(version.identity(), version.size(), 0, 0)
        : version;
  }

  private void before(String operation, FileHistory file) {
    world.scheduler.pause();
    if (world.failsBacking()) {
      throw world.error(Errno.EIO, operation, file);
    }
  }

  private BackingFile opened(BackingFile inner, FileHistory file, OpenMode mode) {
    openCount++;
    return new SimulatedFile(world, this, inner, file, mode);
  }

  @Override
  public long incarnation() {
    return world.plant == Plant.NO_INCARNATION ? 1 : world.incarnation();
  }

  @Override
  public void syncAll() {
    world.scheduler.pause();
    if (world.failsBacking()) {
      world.trace.note("fault: sync of all, errno:", Errno.EIO, 0);
      throw new BackingException(Errno.EIO, "syncfs", "the backing");
    }
    if (world.plant != Plant.NO_SYNC) {
      world.disk.syncAll();
      world.files().forEach(FileHistory::noteDurable);
    }
    world.trace.note("backing sync of all", 0, 0);
    world.scheduler.pause();
  }

  @Override
  public void close() {}

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    throw new UnsupportedOperationException();
  }

  @Override
  public byte[] readLink(BackingNode node) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BackingDirectory openDirectory(BackingNode node) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    throw new UnsupportedOperationException();
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    throw new UnsupportedOperationException();
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    throw new UnsupportedOperationException();
  }
}
