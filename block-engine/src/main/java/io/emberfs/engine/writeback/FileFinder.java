package io.emberfs.engine.writeback;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the file of a journal record again: at its path, else by its inode number in the whole
 * tree. The second is slow, and needed only for a file that was renamed just before a power cut.
 */
final class FileFinder {
  private static final int S_IFDIR = 0040000;
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;
  private static final byte[] SELF = {'.'};
  private static final byte[] PARENT = {'.', '.'};
  private static final byte SEPARATOR = '/';

  private final BackingStore store;

  FileFinder(BackingStore store) {
    this.store = store;
  }

  /**
   * The node of a file, with one reference; null if it is nowhere.
   *
   * @throws BackingException if that cannot be found out, as while the file system that it was on
   *     is not mounted there
   */
  @Nullable BackingNode find(NodeIdentity identity, byte[] path) {
    BackingNode node = at(path);
    if (node != null && node.identity().equals(identity)) {
      return node;
    }
    release(node);
    return search(identity);
  }

  /** The node at a path, with one reference; null if there is none. */
  @Nullable BackingNode at(byte[] path) {
    BackingNode node = store.root();
    node.retain();
    for (byte[] name : names(path)) {
      BackingNode next;
      try {
        next = store.lookup(node, name);
      } catch (BackingException failed) {
        if (failed.errno() == Errno.ENOENT || failed.errno() == Errno.ENOTDIR) {
          return null;
        }
        throw failed;
      } finally {
        node.release(1);
      }
      node = next;
    }
    return node;
  }

  /** The names of a path, from the top down. */
  static List<byte[]> names(byte[] path) {
    List<byte[]> names = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i == path.length || path[i] == SEPARATOR) {
        if (i > from) {
          names.add(Arrays.copyOfRange(path, from, i));
        }
        from = i + 1;
      }
    }
    return names;
  }

  /** A path for people. */
  static String text(byte[] path) {
    return new String(path, StandardCharsets.UTF_8);
  }

  private @Nullable BackingNode search(NodeIdentity identity) {
    Deque<BackingNode> directories = new ArrayDeque<>();
    store.root().retain();
    directories.add(store.root());
    boolean isMounted = false;
    try {
      while (!directories.isEmpty()) {
        BackingNode directory = directories.removeFirst();
        isMounted |= directory.identity().fileSystemId() == identity.fileSystemId();
        try {
          BackingNode found = searchDirectory(directory, identity, directories);
          if (found != null) {
            return found;
          }
        } finally {
          directory.release(1);
        }
      }
      if (!isMounted) {
        throw new BackingException(Errno.ENODEV, "find the file system of", identity.toString());
      }
      return null;
    } finally {
      directories.forEach(FileFinder::release);
    }
  }

  private @Nullable BackingNode searchDirectory(
      BackingNode parent, NodeIdentity identity, Deque<BackingNode> directories) {
    List<byte[]> wanted = new ArrayList<>();
    try (BackingDirectory directory = store.openDirectory(parent)) {
      directory.read(
          0,
          (name, inode, type, _) -> {
            boolean isOther = Arrays.equals(name, SELF) || Arrays.equals(name, PARENT);
            boolean mayBe = inode == identity.inode() || type == DT_DIR || type == DT_UNKNOWN;
            if (!isOther && mayBe) {
              wanted.add(name);
            }
            return true;
          });
    }
    for (byte[] name : wanted) {
      BackingNode node = lookup(parent, name);
      if (node == null) {
        continue;
      }
      if (node.identity().equals(identity)) {
        return node;
      }
      if (node.type() == S_IFDIR) {
        directories.addLast(node);
      } else {
        node.release(1);
      }
    }
    return null;
  }

  private @Nullable BackingNode lookup(BackingNode parent, byte[] name) {
    try {
      return store.lookup(parent, name);
    } catch (BackingException failed) {
      if (failed.errno() == Errno.ENOENT) {
        return null;
      }
      throw failed;
    }
  }

  private static void release(@Nullable BackingNode node) {
    if (node != null) {
      node.release(1);
    }
  }
}
