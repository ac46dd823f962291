package io.emberfs.engine.namespace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Everything that a store says of its tree, as a text: two stores that say the same are equal.
 * Access times are left out: they move by being looked at.
 */
final class TreeWalk {
  private static final int S_IFLNK = 0120000;
  private static final List<String> ATTRIBUTES =
      List.of("system.posix_acl_access", "security.capability", "user.colour");

  private final BackingStore store;
  private final StringBuilder text = new StringBuilder();

  private TreeWalk(BackingStore store) {
    this.store = store;
  }

  static String textOf(BackingStore store) {
    TreeWalk walk = new TreeWalk(store);
    walk.tell(store.root(), "");
    return walk.text.toString();
  }

  private void tell(BackingNode node, String path) {
    Attributes attributes = store.attributes(node);
    text.append(path).append(' ').append(withoutAccessTime(attributes));
    text.append(' ').append(node.identity());
    text.append(' ').append(store.version(node)).append('\n');
    for (String name : ATTRIBUTES) {
      try {
        byte[] value = store.extendedAttribute(node, name.getBytes(US_ASCII));
        text.append(name).append('=').append(HexFormat.of().formatHex(value)).append('\n');
      } catch (BackingException failed) {
        text.append(name).append(" errno ").append(failed.errno()).append('\n');
      }
    }
    text.append(new String(store.extendedAttributeNames(node), ISO_8859_1)).append('\n');
    if (node.type() == S_IFLNK) {
      text.append(new String(store.readLink(node), ISO_8859_1)).append('\n');
    } else if (attributes.isDirectory()) {
      tellEntries(node, path);
    }
  }

  private void tellEntries(BackingNode node, String path) {
    List<byte[]> names = new ArrayList<>();
    try (BackingDirectory open = store.openDirectory(node)) {
      open.read(
          0,
          (name, inode, type, next) -> {
            text.append(new String(name, ISO_8859_1)).append(' ').append(inode);
            text.append(' ').append(type).append(' ').append(next).append('\n');
            return name[0] == '.' || names.add(name);
          });
    }
    for (byte[] name : names) {
      BackingNode child = store.lookup(node, name);
      tell(child, path + "/" + new String(name, ISO_8859_1));
      child.release(1);
    }
  }

  private static Attributes withoutAccessTime(Attributes all) {
    return new Attributes(
        all.inode(),
        all.size(),
        all.blocks(),
        0,
        all.mtimeNanos(),
        all.ctimeNanos(),
        all.mode(),
        all.linkCount(),
        all.uid(),
        all.gid(),
        all.rdev(),
        all.blockSize(),
        all.birthNanos());
  }
}
