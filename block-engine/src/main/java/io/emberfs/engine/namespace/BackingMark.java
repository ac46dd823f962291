package io.emberfs.engine.namespace;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mark on a backing: an extended attribute of its root, {@code clean:ID} as long as nothing was
 * changed since the state with that id was saved, else {@code open:ID}.
 *
 * <p>It has one of two names: only root can see and set the first, and it is the better one. Each
 * run treats all that it can see as one mark.
 */
final class BackingMark {
  private static final Logger LOG = LoggerFactory.getLogger(BackingMark.class);
  private static final List<byte[]> NAMES =
      List.of(ascii("trusted.emberfs"), ascii("user.emberfs"));
  private static final String CLEAN = "clean:";
  private static final String OPEN = "open:";

  private final BackingStore store;
  private final BackingNode root;

  BackingMark(BackingStore store) {
    this.store = store;
    root = store.root();
  }

  static boolean isName(byte[] name) {
    return NAMES.stream().anyMatch(each -> Arrays.equals(each, name));
  }

  /**
   * The id of a clean mark; null if the backing has none.
   *
   * @throws BackingException if that cannot be found out
   */
  @Nullable MarkId cleanId() {
    List<byte[]> present = present();
    if (present.size() != 1) {
      return null;
    }
    String text =
        new String(store.extendedAttribute(root, present.getFirst()), StandardCharsets.ISO_8859_1);
    return text.startsWith(CLEAN) ? MarkId.parse(text.substring(CLEAN.length())) : null;
  }

  /**
   * Says durably that the backing is being changed.
   *
   * @param makes whether a backing without mark gets one, if it takes any
   * @return whether it has one now
   * @throws BackingException if it has one that stays clean
   */
  boolean open(MarkId id, boolean makes) {
    List<byte[]> present = present();
    if (present.isEmpty()) {
      if (!makes || set(OPEN + id) == null) {
        return false;
      }
    }
    for (byte[] name : present) {
      try {
        store.setExtendedAttribute(root, name, ascii(OPEN + id), 0);
      } catch (BackingException cannotBeSet) {
        // Without any it is as little trusted.
        store.removeExtendedAttribute(root, name);
      }
    }
    sync();
    return true;
  }

  /**
   * Says durably that nothing changes the backing from here on.
   *
   * @return whether the backing took it
   */
  boolean clean(MarkId id) {
    byte[] taken = set(CLEAN + id);
    if (taken == null) {
      return false;
    }
    for (byte[] name : present()) {
      if (!Arrays.equals(name, taken)) {
        store.removeExtendedAttribute(root, name);
      }
    }
    sync();
    return true;
  }

  /** Sets the best mark that the backing takes; its name, or null if it takes none. */
  private byte @Nullable [] set(String text) {
    for (byte[] name : NAMES) {
      try {
        store.setExtendedAttribute(root, name, ascii(text), 0);
        return name;
      } catch (BackingException refused) {
        LOG.debug("{} is not taken: {}", ascii(name), refused.getMessage());
      }
    }
    return null;
  }

  private List<byte[]> present() {
    List<byte[]> present = new ArrayList<>();
    for (byte[] name : NAMES) {
      try {
        byte[] _ = store.extendedAttribute(root, name);
        present.add(name);
      } catch (BackingException missing) {
        if (missing.errno() != Errno.ENODATA && !isRefusal(missing)) {
          throw missing;
        }
      }
    }
    return present;
  }

  /** What says that there cannot be such an attribute, for this user or on this file system. */
  private static boolean isRefusal(BackingException failed) {
    return switch (failed.errno()) {
      case Errno.EOPNOTSUPP, Errno.EPERM, Errno.EACCES, Errno.EROFS -> true;
      default -> false;
    };
  }

  private void sync() {
    try (BackingDirectory directory = store.openDirectory(root)) {
      directory.sync(false);
    }
  }

  private static String ascii(byte[] name) {
    return new String(name, StandardCharsets.US_ASCII);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
