package io.emberfs.engine.namespace;

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
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.engine.backing.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backing that nobody else writes to: what it said of its tree is remembered until an own change
 * touches it. Data is not remembered here.
 *
 * <p>A name is known only as part of the complete listing of its directory. A file's version is
 * made of its remembered attributes, but that of an open {@link BackingFile} is the backing's own.
 *
 * <p>If the backing shows that somebody else changed it after all, everything is forgotten. Owns
 * the inner store. Any thread.
 */
public final class RememberingBackingStore implements BackingStore {
  private static final Logger LOG = LoggerFactory.getLogger(RememberingBackingStore.class);
  private static final int S_IFDIR = 0040000;
  private static final int S_IFREG = 0100000;

  private final BackingStore inner;
  private final NamespaceMemory memory;
  private final Meters.Counter hits;
  private final Meters.Counter asked;
  private final Meters.Counter broken;

  /**
   * Remembers nothing yet.
   *
   * @param bytesMax memory for what is remembered, about
   */
  public RememberingBackingStore(BackingStore inner, long bytesMax, Meters meters) {
    this.inner = inner;
    memory = new NamespaceMemory(bytesMax);
    hits = meters.counter("namespace.hits");
    asked = meters.counter("namespace.asked");
    broken = meters.counter("namespace.broken");
    meters.gauge("namespace.entries", memory::nodeCount);
    meters.gauge("namespace.bytes", memory::bytes);
  }

  NamespaceMemory memory() {
    return memory;
  }

  /** The root was changed below: its attributes are asked for again. */
  public void forgetRoot() {
    forget(inner.root());
  }

  @Override
  public BackingNode root() {
    return inner.root();
  }

  @Override
  public BackingNode lookup(BackingNode parent, byte[] name) {
    Names.checkEntry(name);
    NodeMemory directory = memory.of(parent.identity());
    if (directory == null) {
      return ask(() -> inner.lookup(parent, name));
    }
    EntryName entry = new EntryName(name);
    BackingNode known = remembered(directory, parent, entry);
    if (known != null) {
      return known;
    }
    long stamp = directory.stamp();
    BackingNode found = ask(() -> inner.lookup(parent, name));
    if (found.identity().inodeGeneration() != 0) {
      EntryName kept = new EntryName(name.clone());
      directory.keepChild(stamp, kept, new Child(found.identity(), found.type()));
      memory.grown();
    }
    return found;
  }

  private @Nullable BackingNode remembered(
      NodeMemory directory, BackingNode parent, EntryName entry) {
    long stamp = directory.stamp();
    Child child = directory.child(entry);
    if (child == Child.NONE) {
      hits.increment();
      throw new BackingException(Errno.ENOENT, "openat", "a name that is not listed");
    }
    BackingNode known = child == null ? null : recall(parent, entry.bytes(), child);
    if (known == null) {
      return null;
    }
    // A removal or a move that began before this look sees the node, and gives it a descriptor;
    // of one that began later nothing may be answered.
    if (directory.isStill(stamp)) {
      hits.increment();
      return known;
    }
    known.release(1);
    return null;
  }

  private @Nullable BackingNode recall(BackingNode parent, byte[] name, Child child) {
    try {
      return inner.recall(parent, name, child.identity(), child.type());
    } catch (BackingException failed) {
      noteBroken(failed);
      return null;
    }
  }

  @Override
  public Attributes attributes(BackingNode node) {
    NodeMemory known = memory.of(node.identity());
    if (known == null) {
      return ask(() -> inner.attributes(node));
    }
    Attributes remembered = known.attributes();
    if (remembered != null) {
      hits.increment();
      return remembered;
    }
    long stamp = known.stamp();
    Attributes answer = ask(() -> inner.attributes(node));
    known.keepAttributes(stamp, answer);
    memory.grown();
    return answer;
  }

  @Override
  public FileVersion version(BackingNode node) {
    Attributes now = attributes(node);
    return new FileVersion(node.identity(), now.size(), now.mtimeNanos(), now.ctimeNanos());
  }

  @Override
  public byte[] readLink(BackingNode node) {
    NodeMemory known = memory.of(node.identity());
    if (known == null) {
      return ask(() -> inner.readLink(node));
    }
    byte[] remembered = known.linkTarget();
    if (remembered != null) {
      hits.increment();
      return remembered.clone();
    }
    long stamp = known.stamp();
    byte[] target = ask(() -> inner.readLink(node));
    known.keepLinkTarget(stamp, target);
    memory.grown();
    return target;
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    NodeMemory known = memory.of(node.identity());
    if (known == null) {
      return ask(() -> inner.extendedAttribute(node, name));
    }
    EntryName entry = new EntryName(name);
    ExtendedAnswer remembered = known.extended(entry);
    if (remembered != null) {
      hits.increment();
      if (remembered.errno() != 0) {
        throw new BackingException(remembered.errno(), "getxattr", node.toString());
      }
      return remembered.value().clone();
    }
    long stamp = known.stamp();
    try {
      byte[] value = ask(() -> inner.extendedAttribute(node, name));
      known.keepExtended(stamp, memory.attributeName(entry), value, 0);
      return value;
    } catch (BackingException failed) {
      if (failed.errno() == Errno.ENODATA || failed.errno() == Errno.EOPNOTSUPP) {
        known.keepExtended(stamp, memory.attributeName(entry), new byte[0], failed.errno());
      }
      throw failed;
    } finally {
      memory.grown();
    }
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    NodeMemory known = memory.of(node.identity());
    if (known == null) {
      return ask(() -> inner.extendedAttributeNames(node));
    }
    byte[] remembered = known.extendedNames();
    if (remembered != null) {
      hits.increment();
      return remembered.clone();
    }
    long stamp = known.stamp();
    byte[] names = ask(() -> inner.extendedAttributeNames(node));
    known.keepExtendedNames(stamp, names);
    memory.grown();
    return names;
  }

  /** Where the next hole or data of a file is, as {@link BackingFile#seek}. */
  long seek(BackingNode node, long offset, int whence, Supplier<Long> call) {
    NodeMemory known = memory.of(node.identity());
    if (known == null) {
      return ask(call);
    }
    SeekAnswer remembered = known.seek(offset, whence);
    if (remembered != null) {
      hits.increment();
      if (remembered.errno() != 0) {
        throw new BackingException(remembered.errno(), "lseek", node.toString());
      }
      return remembered.position();
    }
    long stamp = known.stamp();
    try {
      long position = ask(call);
      known.keepSeek(stamp, offset, whence, position, 0);
      return position;
    } catch (BackingException failed) {
      if (failed.errno() == Errno.ENXIO) {
        known.keepSeek(stamp, offset, whence, 0, failed.errno());
      }
      throw failed;
    } finally {
      memory.grown();
    }
  }

  /** Of the root where the node is on its file system: its descriptor is open. */
  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    BackingNode root = inner.root();
    boolean isOfRoot = node.identity().fileSystemId() == root.identity().fileSystemId();
    return ask(() -> inner.statistics(isOfRoot ? root : node));
  }

  @Override
  public byte[] path(BackingNode node) {
    return inner.path(node);
  }

  <T> T ask(Supplier<T> call) {
    asked.increment();
    try {
      return call.get();
    } catch (BackingException failed) {
      noteBroken(failed);
      throw failed;
    }
  }

  private void noteBroken(BackingException failed) {
    if (failed.errno() != Errno.ESTALE) {
      return;
    }
    if (broken.value() == 0) {
      LOG.warn(
          "backing: somebody else changes it ({}), which --backing exclusive rules out; use"
              + " --backing shared",
          failed.getMessage());
    }
    broken.increment();
    memory.forgetAll();
  }

  @Override
  public BackingDirectory openDirectory(BackingNode node) {
    RememberingDirectory opened = new RememberingDirectory(this, node);
    if (node.type() != S_IFDIR || listing(node) == null) {
      opened.openInBacking();
    }
    return opened;
  }

  BackingDirectory openBackingDirectory(BackingNode node) {
    return ask(() -> inner.openDirectory(node));
  }

  @Nullable Listing listing(BackingNode node) {
    NodeMemory known = memory.of(node.identity());
    Listing listing = known == null ? null : known.listing();
    if (listing != null) {
      hits.increment();
    }
    return listing;
  }

  /** Whether the backing has no such entry, whatever is remembered. */
  boolean isMissing(BackingNode directory, EntryName name) {
    try {
      ask(() -> inner.lookup(directory, name.bytes())).release(1);
      return false;
    } catch (BackingException failed) {
      return failed.errno() == Errno.ENOENT;
    }
  }

  // Changing.

  /** The content of a file is changed by {@code call}. */
  <T> T changeContent(BackingNode node, Supplier<T> call) {
    return change(call, false, node.identity());
  }

  /** Forgets what was remembered of a node but its names, as if it had been changed. */
  void forget(BackingNode node) {
    run(() -> {}, false, node.identity());
  }

  void compare(BackingNode node, FileVersion seen) {
    NodeMemory known = memory.of(node.identity());
    if (known != null) {
      known.compare(seen);
    }
  }

  private <T> T change(Supplier<T> call, boolean isOfNames, @Nullable NodeIdentity... identities) {
    List<NodeMemory> changing = new ArrayList<>(identities.length);
    for (NodeIdentity identity : identities) {
      NodeMemory begun = identity == null ? null : memory.beginChange(identity, isOfNames);
      if (begun != null) {
        changing.add(begun);
      }
    }
    try {
      return call.get();
    } catch (BackingException failed) {
      noteBroken(failed);
      throw failed;
    } finally {
      changing.forEach(NodeMemory::endChange);
      memory.grown();
    }
  }

  private void run(Runnable call, boolean isOfNames, @Nullable NodeIdentity... identities) {
    boolean _ =
        change(
            () -> {
              call.run();
              return true;
            },
            isOfNames,
            identities);
  }

  /** A node was made, perhaps of an inode that was there before under another name or none. */
  private <N extends BackingNode> N made(N node) {
    run(() -> {}, true, node.identity());
    return node;
  }

  private Created made(Created created) {
    BackingNode node = made(created.node());
    return new Created(node, new RememberingFile(this, node, created.file()), created.existed());
  }

  /**
   * Which inode has this name; null if none has. Where that cannot be found out the change must not
   * be made: what is remembered of the inode would outlive it.
   */
  private @Nullable NodeIdentity named(BackingNode parent, byte[] name) {
    try {
      BackingNode node = lookup(parent, name);
      NodeIdentity identity = node.identity();
      node.release(1);
      return identity;
    } catch (BackingException failed) {
      if (failed.errno() == Errno.ENOENT) {
        return null;
      }
      throw failed;
    }
  }

  @Override
  public void change(BackingNode node, AttributeChange change) {
    run(() -> inner.change(node, change), false, node.identity());
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    return made(
        change(() -> inner.create(parent, name, flags, mode, caller), true, parent.identity()));
  }

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    return made(
        change(() -> inner.createUnnamed(parent, flags, mode, caller), true, parent.identity()));
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    return made(
        change(() -> inner.makeDirectory(parent, name, mode, caller), true, parent.identity()));
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    return made(
        change(() -> inner.makeNode(parent, name, mode, rdev, caller), true, parent.identity()));
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    return made(
        change(
            () -> inner.makeSymbolicLink(parent, name, target, caller), true, parent.identity()));
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    return change(
        () -> inner.link(node, newParent, newName), true, node.identity(), newParent.identity());
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    run(() -> inner.unlink(parent, name), true, parent.identity(), named(parent, name));
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    run(() -> inner.removeDirectory(parent, name), true, parent.identity(), named(parent, name));
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    run(
        () -> inner.rename(parent, name, newParent, newName, flags),
        true,
        parent.identity(),
        newParent.identity(),
        named(parent, name),
        named(newParent, newName));
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    run(() -> inner.setExtendedAttribute(node, name, value, flags), false, node.identity());
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    run(() -> inner.removeExtendedAttribute(node, name), false, node.identity());
  }

  @Override
  public BackingFile open(BackingNode node, OpenMode mode) {
    return mode.isReadOnly() && node.type() == S_IFREG
        ? new RememberingFile(this, node, mode)
        : new RememberingFile(this, node, openBackingFile(node, mode));
  }

  BackingFile openBackingFile(BackingNode node, OpenMode mode) {
    return ask(() -> inner.open(node, mode));
  }

  @Override
  public long incarnation() {
    return inner.incarnation();
  }

  @Override
  public void syncAll() {
    inner.syncAll();
  }

  @Override
  public void close() {
    inner.close();
  }
}
