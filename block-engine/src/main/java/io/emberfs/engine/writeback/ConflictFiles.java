package io.emberfs.engine.writeback;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.core.Namespace;
import io.emberfs.core.StartFindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps changes beside a file that somebody else has changed meanwhile, or that is gone: a sparse
 * file {@code NAME.emberfs-conflict-N} with the changed bytes at their places and nothing else.
 *
 * <p>It is made under a name of its own, unreadable for others until it is complete and durable,
 * and only then gets its name, and the owner, mode and access control list of the original. Whoever
 * is killed in between leaves an incomplete one that the next attempt replaces.
 */
final class ConflictFiles {
  private static final Logger LOG = LoggerFactory.getLogger(ConflictFiles.class);
  private static final String SUFFIX = ".emberfs-conflict-";
  private static final String INCOMPLETE = "incomplete-";
  private static final byte[] ACCESS_LIST =
      "system.posix_acl_access".getBytes(StandardCharsets.US_ASCII);
  private static final int NAME_BYTES_MAX = 255;
  private static final int NUMBER_MAX = 100_000;
  private static final int PRIVATE = 0600;
  private static final int PERMISSIONS = 07777;
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0200;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RUN_BYTES_MAX = 1 << 20;

  private final BackingStore store;
  private final FileFinder finder;
  private final StartFindings findings;
  private final Meters.Counter conflicts;

  /**
   * @param findings hears of each file and its ranges
   */
  ConflictFiles(BackingStore store, FileFinder finder, StartFindings findings, Meters meters) {
    this.store = store;
    this.finder = finder;
    this.findings = findings;
    conflicts = meters.counter("dirty.conflicts");
  }

  /**
   * Makes the file; durable on return. The dirty file's lock is held and no flush runs.
   *
   * @param why a phrase about the original
   * @throws BackingException if it cannot be made; there is none then
   */
  void keep(DirtyFile file, String why) {
    List<byte[]> names = FileFinder.names(file.path());
    byte[] name = names.isEmpty() ? bytes("inode-" + file.identity().inode()) : names.getLast();
    BackingNode parent = parentOf(file.path());
    try {
      // Shortened names of two files may be one.
      byte[] incomplete = conflictName(name, INCOMPLETE + file.identity().inode());
      removeIncomplete(parent, incomplete);
      Namespace.Created created =
          store.create(parent, incomplete, O_RDWR | O_EXCL, PRIVATE, new Caller(0, 0, 0, 0));
      String ranges;
      try (BackingFile copy = created.file()) {
        ranges = write(file.changes(), copy);
        copy.sync(false);
        takeOver(file.node(), created.node());
        copy.sync(false);
      } finally {
        created.node().release(1);
      }
      byte[] kept = giveName(parent, incomplete, name);
      sync(parent);
      conflicts.increment();
      findings.text(
          "conflict" + conflicts.value(),
          "%s for %s, bytes %s"
              .formatted(FileFinder.text(kept), FileFinder.text(file.path()), ranges));
      LOG.warn(
          "write-back: {}: {}; what was written through the mount is kept in {}, bytes {}",
          FileFinder.text(file.path()),
          why,
          FileFinder.text(kept),
          ranges);
    } finally {
      parent.release(1);
    }
  }

  /** Makes it durable that a name is gone from its directory. */
  void syncDirectoryOf(byte[] path) {
    for (int end = endOfParent(path, path.length); ; end = endOfParent(path, end)) {
      BackingNode parent = finder.at(Arrays.copyOf(path, end));
      if (parent != null) {
        try {
          sync(parent);
        } finally {
          parent.release(1);
        }
        return;
      }
    }
  }

  private static int endOfParent(byte[] path, int from) {
    int end = from;
    do {
      end--;
    } while (end >= 0 && path[end] != '/');
    return Math.max(0, end);
  }

  /** The directory that the file was in, or the mounted one where it is gone; with a reference. */
  private BackingNode parentOf(byte[] path) {
    BackingNode parent = finder.at(Arrays.copyOf(path, endOfParent(path, path.length)));
    if (parent != null) {
      return parent;
    }
    BackingNode root = store.root();
    root.retain();
    return root;
  }

  private void removeIncomplete(BackingNode parent, byte[] name) {
    try {
      store.unlink(parent, name);
    } catch (BackingException failed) {
      if (failed.errno() != Errno.ENOENT) {
        throw failed;
      }
    }
  }

  /** Writes the changes at their places, and names the places. */
  private static String write(DirtyLayer changes, BackingFile copy) {
    RangeText ranges = new RangeText();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer =
          arena.allocate(Math.clamp(changes.bytes(), DirtyMemory.PAGE_BYTES, RUN_BYTES_MAX));
      changes.forEachRun(
          buffer,
          (offset, bytes) -> {
            ranges.add(offset, bytes.byteSize());
            for (long done = 0; done < bytes.byteSize(); ) {
              done += copy.write(offset + done, bytes.asSlice(done));
            }
          });
    }
    return ranges.toString();
  }

  /** Owner, mode and access control list, as far as we may set them. */
  private void takeOver(@Nullable BackingNode original, BackingNode copy) {
    if (original == null) {
      return;
    }
    Attributes attributes = store.attributes(original);
    try {
      store.change(copy, new AttributeChange(null, attributes.uid(), attributes.gid(), null, null));
    } catch (BackingException refused) {
      // It stays ours, and private: better than open to those whom the original is closed to.
      return;
    }
    try {
      store.setExtendedAttribute(
          copy, ACCESS_LIST, store.extendedAttribute(original, ACCESS_LIST), 0);
    } catch (BackingException _) {
      // There is none, or the backing knows none: the mode says it all.
    }
    store.change(
        copy, new AttributeChange(attributes.mode() & PERMISSIONS, null, null, null, null));
  }

  private byte[] giveName(BackingNode parent, byte[] incomplete, byte[] name) {
    for (int number = 1; number <= NUMBER_MAX; number++) {
      byte[] kept = conflictName(name, Integer.toString(number));
      try {
        store.rename(parent, incomplete, parent, kept, RENAME_NOREPLACE);
        return kept;
      } catch (BackingException failed) {
        if (failed.errno() != Errno.EEXIST) {
          throw failed;
        }
      }
    }
    throw new BackingException(Errno.EEXIST, "rename", FileFinder.text(incomplete));
  }

  private void sync(BackingNode parent) {
    try (BackingDirectory directory = store.openDirectory(parent)) {
      directory.sync(false);
    }
  }

  private static byte[] conflictName(byte[] name, String end) {
    byte[] suffix = bytes(SUFFIX + end);
    int kept = Math.min(name.length, NAME_BYTES_MAX - suffix.length);
    byte[] whole = Arrays.copyOf(name, kept + suffix.length);
    System.arraycopy(suffix, 0, whole, kept, suffix.length);
    return whole;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
