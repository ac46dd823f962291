package io.emberfs.engine.pin;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.VersionCheck;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of the backing by their paths. No symbolic link is followed. Any thread; holds no lock
 * while it asks the backing, except a file's version lock for its comparison.
 */
final class PinTree {
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;
  private static final int DT_REG = 8;
  private static final int NAMES_AT_ONCE = 1024;

  /** Characters of all paths that one call looks at. */
  private static final long PATHS_LENGTH_MAX = 16 << 20;

  private final BackingStore store;
  private final FileTable files;
  private final VersionCheck versions;

  PinTree(BackingStore store, FileTable files, VersionCheck versions) {
    this.store = store;
    this.files = files;
    this.versions = versions;
  }

  /**
   * The regular file at a path; null if there is none.
   *
   * @throws BackingException if that cannot be found out
   */
  @Nullable FoundFile find(String path) {
    BackingNode node = findNode(path);
    if (node == null) {
      return null;
    }
    try {
      return node.type() == S_IFREG ? look(path, node) : null;
    } finally {
      release(node);
    }
  }

  /**
   * Adds the regular file at a path, or all of them below the directory there. One directory is
   * open at a time, and what is still to be looked at is bounded, however deep the tree is.
   *
   * @param countMax files that there may be in {@code found}
   * @return false if there are more, or their paths are too long to be kept
   * @throws BackingException if something is in the way, {@link #isAbsence} if there is neither a
   *     file nor a directory
   */
  boolean collect(String path, Map<String, FoundFile> found, int countMax) {
    Deque<String> directories = new ArrayDeque<>();
    if (!add(path, found, directories)) {
      throw new BackingException(Errno.ENOENT, "pin", path);
    }
    long lengthLeft = PATHS_LENGTH_MAX;
    while (!directories.isEmpty()) {
      String directory = directories.removeFirst();
      lengthLeft -= collectDirectory(directory, found, directories);
      if (found.size() > countMax || lengthLeft < 0) {
        return false;
      }
    }
    return found.size() <= countMax;
  }

  /** Whether a failure says that there is nothing at the path. */
  static boolean isAbsence(BackingException failed) {
    return failed.errno() == Errno.ENOENT || failed.errno() == Errno.ENOTDIR;
  }

  /**
   * Looks at what is in a directory; one that went away meanwhile is empty.
   *
   * @return characters of all paths in it
   */
  private long collectDirectory(
      String path, Map<String, FoundFile> found, Deque<String> directories) {
    long length = 0;
    BackingNode node = findNode(path);
    if (node == null) {
      return 0;
    }
    try (BackingDirectory directory = store.openDirectory(node)) {
      Batch batch = new Batch();
      do {
        batch.names.clear();
        directory.read(batch.cookie, batch);
        for (byte[] name : batch.names) {
          String text = new String(name, StandardCharsets.ISO_8859_1);
          String below = path.isEmpty() ? text : path + "/" + text;
          if (below.length() > PinnedPath.PATH_BYTES_MAX) {
            throw new BackingException(Errno.ENAMETOOLONG, "pin", below);
          }
          length += below.length();
          boolean _ = add(below, found, directories);
        }
      } while (!batch.names.isEmpty() && length <= PATHS_LENGTH_MAX);
    } finally {
      release(node);
    }
    return length;
  }

  /** Adds a file to those found, or a directory to those to look at; false if it is neither. */
  private boolean add(String path, Map<String, FoundFile> found, Deque<String> directories) {
    BackingNode node = findNode(path);
    if (node == null) {
      return false;
    }
    try {
      switch (node.type()) {
        case S_IFREG -> found.put(path, look(path, node));
        case S_IFDIR -> directories.addLast(path);
        default -> {
          return false;
        }
      }
    } finally {
      release(node);
    }
    return true;
  }

  /** As {@link #node}; null if there is nothing. */
  private @Nullable BackingNode findNode(String path) {
    try {
      return node(path);
    } catch (BackingException failed) {
      if (isAbsence(failed)) {
        return null;
      }
      throw failed;
    }
  }

  /** With one reference, unless it is the root. */
  private BackingNode node(String path) {
    BackingNode node = store.root();
    if (path.isEmpty()) {
      return node;
    }
    if (!PinState.isRelative(path)) {
      throw new BackingException(Errno.EINVAL, "pin", path);
    }
    for (String name : path.split("/", -1)) {
      BackingNode next;
      try {
        next = store.lookup(node, name.getBytes(StandardCharsets.ISO_8859_1));
      } finally {
        release(node);
      }
      node = next;
    }
    return node;
  }

  private void release(BackingNode node) {
    if (node != store.root()) {
      node.release(1);
    }
  }

  private FoundFile look(String path, BackingNode node) {
    FileState state = files.lockOf(node);
    try {
      versions.checkLocked(state, node);
      return new FoundFile(path, state.fileId(), state.fileGeneration(), state.size());
    } finally {
      state.unlock();
    }
  }

  /** Some names of a directory, and where the next ones begin. */
  private static final class Batch implements BackingDirectory.EntrySink {
    private static final byte[] SELF = {'.'};
    private static final byte[] PARENT = {'.', '.'};

    private final List<byte[]> names = new ArrayList<>();
    private long cookie;

    @Override
    public boolean accept(byte[] name, long inode, int type, long nextCookie) {
      if (names.size() == NAMES_AT_ONCE) {
        return false;
      }
      cookie = nextCookie;
      boolean mayHaveFiles = type == DT_REG || type == DT_DIR || type == DT_UNKNOWN;
      if (mayHaveFiles && !Arrays.equals(name, SELF) && !Arrays.equals(name, PARENT)) {
        names.add(name);
      }
      return true;
    }
  }
}
