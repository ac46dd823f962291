package io.emberfs.engine.namespace;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.engine.backing.InterceptingBackingFile;
import io.emberfs.engine.backing.InterceptingBackingStore;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a clean mark off the backing before the first change of any kind, so that nobody trusts a
 * state that was saved before it; and hides the mark. If the mark cannot be taken off, the change
 * is refused.
 *
 * <p>Owns the inner store. Any thread: all pass one volatile read; the first change of a run waits
 * for the mark under the monitor, and so does every other one that comes meanwhile.
 */
public final class MarkedBackingStore extends InterceptingBackingStore {
  private static final Logger LOG = LoggerFactory.getLogger(MarkedBackingStore.class);

  /** Who makes a mark where there is none. */
  public enum Making {
    /** A run that shares the backing: it only takes note of what others left. */
    NEVER,
    /** A run that has the backing to itself. */
    ALWAYS
  }

  private final BackingStore inner;
  private final BackingMark mark;
  private final Making making;
  private final RandomGenerator random;
  private final BackingNode root;

  /** Changes may go on; written under the monitor. */
  private volatile boolean isOpen;

  private volatile String trouble = "";
  private volatile Runnable listener = () -> {};

  /**
   * Reads the mark when it is asked for, or when the first change comes.
   *
   * @param random for the id of a mark
   */
  public MarkedBackingStore(
      BackingStore inner, Making making, RandomGenerator random, Meters meters) {
    super(inner);
    this.inner = inner;
    this.making = making;
    this.random = random;
    mark = new BackingMark(inner);
    root = inner.root();
    meters.text("mark.trouble", () -> trouble);
  }

  /** Has this called whenever the root was marked: its change time is another one then. */
  public void onMark(Runnable hearsOfMarks) {
    listener = hearsOfMarks;
  }

  /** The id of a clean mark on the backing; null if it has none, or that cannot be found out. */
  @Nullable MarkId cleanId() {
    try {
      return mark.cleanId();
    } catch (BackingException failed) {
      LOG.warn("backing: its mark cannot be read: {}", failed.getMessage());
      return null;
    }
  }

  /** Whether a change was let through since the backing was last clean, or in this run. */
  boolean isOpen() {
    return isOpen;
  }

  /**
   * Takes a clean mark off, as before a change.
   *
   * @throws BackingException if it stays
   */
  synchronized void open() {
    if (isOpen) {
      return;
    }
    try {
      boolean isMarked = mark.open(MarkId.drawn(random), making == Making.ALWAYS);
      if (!isMarked && making == Making.ALWAYS) {
        told("the backing takes no mark, so nothing that is remembered outlives this mount");
      }
    } catch (BackingException stays) {
      told(
          "changes are refused: the backing says that it was left in order by a mount with"
              + " --backing exclusive, and that cannot be taken back ("
              + stays.getMessage()
              + "); as its owner, remove the extended attribute emberfs of its root");
      throw stays;
    } finally {
      listener.run();
    }
    isOpen = true;
  }

  /**
   * Marks the backing as clean, if it takes a mark. All that was written to it is durable.
   *
   * @param evenIfChanged that nothing changes it any more is the caller's word; else nothing is
   *     done once a change was let through
   * @return whether it is marked
   */
  synchronized boolean clean(MarkId id, boolean evenIfChanged) {
    if (isOpen && !evenIfChanged) {
      return false;
    }
    boolean isMarked;
    try {
      isMarked = mark.clean(id);
    } finally {
      listener.run();
    }
    isOpen = false;
    if (!isMarked) {
      told("the backing takes no mark, so nothing that is remembered outlives this mount");
    }
    return isMarked;
  }

  private void told(String problem) {
    if (!trouble.equals(problem)) {
      LOG.warn("backing: {}", problem);
    }
    trouble = problem;
  }

  private void beforeChange() {
    if (!isOpen) {
      open();
    }
  }

  @Override
  protected <T> T request(Supplier<T> call) {
    return call.get();
  }

  @Override
  protected BackingFile wrapped(BackingFile file) {
    return new MarkedFile(file);
  }

  // The mark is not there for anybody.

  private boolean isHidden(BackingNode node, byte[] name) {
    return node == root && BackingMark.isName(name);
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    if (isHidden(node, name)) {
      throw new BackingException(Errno.ENODATA, "getxattr", node.toString());
    }
    return super.extendedAttribute(node, name);
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    byte[] names = super.extendedAttributeNames(node);
    if (node != root) {
      return names;
    }
    ByteArrayOutputStream shown = new ByteArrayOutputStream(names.length);
    for (int from = 0; from < names.length; ) {
      int end = from;
      while (end < names.length && names[end] != 0) {
        end++;
      }
      if (!BackingMark.isName(Arrays.copyOfRange(names, from, end))) {
        shown.write(names, from, Math.min(end + 1, names.length) - from);
      }
      from = end + 1;
    }
    return shown.toByteArray();
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    if (isHidden(node, name)) {
      throw new BackingException(Errno.EPERM, "setxattr", node.toString());
    }
    beforeChange();
    super.setExtendedAttribute(node, name, value, flags);
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    if (isHidden(node, name)) {
      throw new BackingException(Errno.ENODATA, "removexattr", node.toString());
    }
    beforeChange();
    super.removeExtendedAttribute(node, name);
  }

  // Changes.

  @Override
  public void change(BackingNode node, AttributeChange change) {
    beforeChange();
    super.change(node, change);
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    beforeChange();
    return super.create(parent, name, flags, mode, caller);
  }

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    beforeChange();
    return super.createUnnamed(parent, flags, mode, caller);
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    beforeChange();
    return super.makeDirectory(parent, name, mode, caller);
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    beforeChange();
    return super.makeNode(parent, name, mode, rdev, caller);
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    beforeChange();
    return super.makeSymbolicLink(parent, name, target, caller);
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    beforeChange();
    return super.link(node, newParent, newName);
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    beforeChange();
    super.unlink(parent, name);
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    beforeChange();
    super.removeDirectory(parent, name);
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    beforeChange();
    super.rename(parent, name, newParent, newName, flags);
  }

  private final class MarkedFile extends InterceptingBackingFile {
    private final BackingFile file;

    MarkedFile(BackingFile file) {
      this.file = file;
    }

    @Override
    protected BackingFile inner() {
      return file;
    }

    @Override
    public int write(long offset, MemorySegment source) {
      beforeChange();
      return super.write(offset, source);
    }

    @Override
    public void truncate(long size) {
      beforeChange();
      super.truncate(size);
    }

    @Override
    public void allocate(int mode, long offset, long length) {
      beforeChange();
      super.allocate(mode, offset, length);
    }

    @Override
    public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
      beforeChange();
      return super.copyRange(offset, target, targetOffset, length);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
