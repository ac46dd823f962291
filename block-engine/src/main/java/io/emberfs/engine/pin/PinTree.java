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
import java.util.ArrayList;
import java.util.Arrays;
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
    BackingNode node;
    try {
      node = node(path);
    } catch (BackingException failed) {
      if (isAbsence(failed)) {
        return null;
      }
      throw failed;
    }
    try {
      return node.type() == S_IFREG ? look(path, node) : null;
    } finally {
      release(node);
    }
  }

  /**
   * Adds the regular file at a path, or all of them below the directory there.
   *
   * @param countMax files that there may be in {@code found}
   * @return false if there are more
   * @throws BackingException if something is in the way, {@link #isAbsence} if nothing is there
   */
  boolean collect(String path, Map<String, FoundFile> found, int countMax) {
    BackingNode node = node(path);
    try {
      return collect(path, node, found, countMax);
    } finally {
      release(node);
    }
  }

  /** Whether a failure says that there is nothing at the path. */
  static boolean isAbsence(BackingException failed) {
    return failed.errno() == Errno.ENOENT || failed.errno() == Errno.ENOTDIR;
  }

  private boolean collect(
      String path, BackingNode node, Map<String, FoundFile> found, int countMax) {
    if (node.type() == S_IFREG) {
      found.put(path, look(path, node));
      return found.size() <= countMax;
    }
    if (node.type() != S_IFDIR) {
      return true;
    }
    try (BackingDirectory directory = store.openDirectory(node)) {
      Batch batch = new Batch();
      do {
        batch.names.clear();
        directory.read(batch.cookie, batch);
        for (byte[] name : batch.names) {
          if (!collectEntry(path, node, name, found, countMax)) {
            return false;
          }
        }
      } while (!batch.names.isEmpty());
    }
    return true;
  }

  /** One that went away meanwhile is not there. */
  private boolean collectEntry(
      String path, BackingNode directory, byte[] name, Map<String, FoundFile> found, int countMax) {
    String text = new String(name, StandardCharsets.ISO_8859_1);
    String below = path.isEmpty() ? text : path + "/" + text;
    if (below.length() > PinnedPath.PATH_BYTES_MAX) {
      throw new BackingException(Errno.ENAMETOOLONG, "pin", below);
    }
    BackingNode node;
    try {
      node = store.lookup(directory, name);
    } catch (BackingException failed) {
      if (isAbsence(failed)) {
        return true;
      }
      throw failed;
    }
    try {
      return collect(below, node, found, countMax);
    } finally {
      node.release(1);
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
