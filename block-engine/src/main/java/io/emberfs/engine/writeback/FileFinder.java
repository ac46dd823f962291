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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the file of a journal record again: at its path, else by its inode number in the whole
 * tree. The second is slow, and needed only for files that were renamed just before a crash, or
 * that it took away. There may be thousands of those, so one walk looks for all that may be sought,
 * and what it found counts once for each. Any thread.
 */
final class FileFinder {
  private static final int S_IFDIR = 0040000;
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;
  private static final byte[] SELF = {'.'};
  private static final byte[] PARENT = {'.', '.'};
  private static final byte[] NOWHERE = {};
  private static final byte SEPARATOR = '/';

  private final BackingStore store;
  private final Supplier<Set<NodeIdentity>> sought;

  /** Of the last walk, until asked for: where each file was, empty for nowhere. Guarded by this. */
  private final Map<NodeIdentity, byte[]> walked = new HashMap<>();

  /**
   * @param sought files that may be looked for soon; called under the finder's monitor
   */
  FileFinder(BackingStore store, Supplier<Set<NodeIdentity>> sought) {
    this.store = store;
    this.sought = sought;
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

  private synchronized @Nullable BackingNode search(NodeIdentity identity) {
    byte[] path = walked.remove(identity);
    if (path == null) {
      walk(identity);
      path = walked.remove(identity);
    }
    if (path == null) {
      throw new BackingException(Errno.ENODEV, "find the file system of", identity.toString());
    }
    if (path.length == 0) {
      return null;
    }
    BackingNode node = at(path);
    if (node != null && node.identity().equals(identity)) {
      return node;
    }
    release(node);
    throw new BackingException(Errno.EAGAIN, "find", text(path));
  }

  /** Looks for a file, and all others that are sought, on the file systems that are there. */
  private void walk(NodeIdentity first) {
    Set<NodeIdentity> wanted = new HashSet<>(sought.get());
    wanted.add(first);
    Set<Long> inodes = new HashSet<>();
    wanted.forEach(identity -> inodes.add(identity.inode()));
    Set<Long> fileSystems = new HashSet<>();
    Map<NodeIdentity, byte[]> found = new HashMap<>();
    Deque<BackingNode> directories = new ArrayDeque<>();
    store.root().retain();
    directories.add(store.root());
    try {
      while (!directories.isEmpty()) {
        BackingNode directory = directories.removeFirst();
        fileSystems.add(directory.identity().fileSystemId());
        try {
          walkDirectory(directory, inodes, wanted, found, directories);
        } finally {
          directory.release(1);
        }
      }
    } finally {
      directories.forEach(FileFinder::release);
    }
    walked.clear();
    for (NodeIdentity identity : wanted) {
      if (fileSystems.contains(identity.fileSystemId())) {
        walked.put(identity, found.getOrDefault(identity, NOWHERE));
      }
    }
  }

  private void walkDirectory(
      BackingNode parent,
      Set<Long> inodes,
      Set<NodeIdentity> wanted,
      Map<NodeIdentity, byte[]> found,
      Deque<BackingNode> directories) {
    for (byte[] name : namesOf(parent, inodes)) {
      BackingNode node = lookup(parent, name);
      if (node == null) {
        continue;
      }
      if (wanted.contains(node.identity())) {
        found.put(node.identity(), store.path(node));
      }
      if (node.type() == S_IFDIR) {
        directories.addLast(node);
      } else {
        node.release(1);
      }
    }
  }

  /** Of directories, and of what may have one of these inode numbers. */
  private List<byte[]> namesOf(BackingNode parent, Set<Long> inodes) {
    List<byte[]> names = new ArrayList<>();
    try (BackingDirectory directory = store.openDirectory(parent)) {
      directory.read(
          0,
          (name, inode, type, _) -> {
            boolean isOther = Arrays.equals(name, SELF) || Arrays.equals(name, PARENT);
            boolean mayBe = inodes.contains(inode) || type == DT_DIR || type == DT_UNKNOWN;
            if (!isOther && mayBe) {
              names.add(name);
            }
            return true;
          });
    } catch (BackingException failed) {
      // Where we may not look we have made nothing, and one such place must not keep all waiting.
      if (failed.errno() != Errno.ENOENT && failed.errno() != Errno.EACCES) {
        throw failed;
      }
    }
    return names;
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
