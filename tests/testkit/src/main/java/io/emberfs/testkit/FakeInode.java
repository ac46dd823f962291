package io.emberfs.testkit;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingNode;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One inode of a {@link FakeBackingStore}. Its fields are guarded by the store's monitor; names are
 * kept as strings of one character a byte.
 */
final class FakeInode implements BackingNode {
  private static final int BLOCK_BYTES = 512;

  private final FakeBackingStore store;
  private final NodeIdentity identity;

  int mode;
  int uid;
  int gid;
  int rdev;
  int linkCount;
  boolean linkableWithoutName;
  long atimeNanos;
  long mtimeNanos;
  long ctimeNanos;
  long references;

  /** A file's bytes, or a link's target; the array is exactly as long as the content. */
  byte[] content = new byte[0];

  /** What a power cut would leave of {@link #content}. */
  byte[] durableContent = content;

  private long durableMtimeNanos;
  private long durableCtimeNanos;

  final Map<String, byte[]> extendedAttributes = new TreeMap<>();

  /** Entries of a directory in the order of their cookies, and by name. */
  final TreeMap<Long, Entry> entriesByCookie = new TreeMap<>();

  final Map<String, Entry> entries = new HashMap<>();
  @Nullable FakeInode parent;

  /** A name in a directory. */
  record Entry(String name, FakeInode inode, long cookie) {}

  FakeInode(FakeBackingStore store, NodeIdentity identity, int mode) {
    this.store = store;
    this.identity = identity;
    this.mode = mode;
  }

  @Override
  public NodeIdentity identity() {
    return identity;
  }

  @Override
  public int type() {
    return mode & FakeBackingStore.S_IFMT;
  }

  @Override
  public void retain() {
    synchronized (store) {
      references++;
    }
  }

  @Override
  public void release(long count) {
    synchronized (store) {
      if (count > references) {
        throw new IllegalStateException(
            "released " + count + " of " + references + " references to " + this);
      }
      references -= count;
    }
  }

  boolean isDirectory() {
    return type() == FakeBackingStore.S_IFDIR;
  }

  boolean isRegularFile() {
    return type() == FakeBackingStore.S_IFREG;
  }

  void put(String name, FakeInode inode, long cookie) {
    Entry entry = new Entry(name, inode, cookie);
    entries.put(name, entry);
    entriesByCookie.put(cookie, entry);
    if (inode.isDirectory()) {
      inode.parent = this;
    }
  }

  void take(String name) {
    Entry entry = entries.remove(name);
    if (entry != null) {
      entriesByCookie.remove(entry.cookie());
    }
  }

  /** A power cut would leave the present content. */
  void makeDurable() {
    durableContent = content.clone();
    durableMtimeNanos = mtimeNanos;
    durableCtimeNanos = ctimeNanos;
  }

  /** Falls back to what is durable, times included; false if nothing ever was made durable. */
  boolean rollBack() {
    if (durableCtimeNanos == 0) {
      return false;
    }
    content = durableContent.clone();
    mtimeNanos = durableMtimeNanos;
    ctimeNanos = durableCtimeNanos;
    return true;
  }

  /** Cuts or extends the content with zeros. */
  void resize(long size) {
    content = Arrays.copyOf(content, Math.toIntExact(size));
  }

  Attributes attributes() {
    return new Attributes(
        identity.inode(),
        content.length,
        Math.ceilDiv(content.length, BLOCK_BYTES),
        atimeNanos,
        mtimeNanos,
        ctimeNanos,
        mode,
        linkCount,
        uid,
        gid,
        rdev,
        FakeBackingStore.BLOCK_SIZE,
        Attributes.NO_TIME);
  }

  FileVersion version() {
    return new FileVersion(identity, content.length, mtimeNanos, ctimeNanos);
  }

  @Override
  public String toString() {
    return "inode " + identity.inode();
  }
}
