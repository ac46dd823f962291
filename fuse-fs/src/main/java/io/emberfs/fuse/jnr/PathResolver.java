package io.emberfs.fuse.jnr;

import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;

/**
 * Finds the nodes of paths, name by name from the root, by LOOKUP and what is remembered of it. No
 * path of the backing is ever made, and a symbolic link is a node like others: names below it are
 * refused by the handler.
 */
final class PathResolver {
  private final FsHandler handler;
  private final Calls calls;
  private final NodeReferences references;
  private final NameCache names;

  PathResolver(FsHandler handler, Calls calls, NodeReferences references, NameCache names) {
    this.handler = handler;
    this.calls = calls;
    this.references = references;
    this.names = names;
  }

  /**
   * A name in a directory.
   *
   * @param parent with one use, ended by {@link #close}
   * @param name without slash, not "." or ".."
   */
  record Place(HeldNode parent, byte[] name, NodeReferences references) implements AutoCloseable {
    @Override
    public void close() {
      references.release(parent);
    }
  }

  /**
   * A node in use.
   *
   * @param node with one use, ended by {@link #close}
   */
  record Found(HeldNode node, NodeReferences references) implements AutoCloseable {
    long nodeId() {
      return node.nodeId();
    }

    @Override
    public void close() {
      references.release(node);
    }
  }

  /** The node of a path. */
  Found find(Caller caller, byte[][] path) {
    return new Found(walk(caller, path, path.length), references);
  }

  /** The directory that a path's last name lies in; the name itself is not looked for. */
  Place place(Caller caller, byte[][] path) {
    if (path.length == 0) {
      throw new BackingException(Errno.EBUSY, "change", "the root");
    }
    byte[] name = path[path.length - 1];
    requireName(name);
    return new Place(walk(caller, path, path.length - 1), name, references);
  }

  /** Looks a name up whatever is remembered; remembers what it finds. */
  Request.Entry lookup(Caller caller, HeldNode parent, byte[] name) {
    Learned learned = learn(caller, parent, name);
    references.release(learned.node());
    return learned.entry();
  }

  /** The moment before something is made, for {@link #created}. */
  NameCache.Moment now() {
    return names.now();
  }

  /**
   * Remembers the name of what was made.
   *
   * @param node in use by the caller
   */
  void created(HeldNode parent, byte[] name, HeldNode node, NameCache.Moment before) {
    if (!names.put(parent, name, node, before)) {
      names.changed(parent, name);
    }
  }

  /** A name may have come to mean something else. */
  void changed(HeldNode parent, byte[] name) {
    names.changed(parent, name);
  }

  private HeldNode walk(Caller caller, byte[][] path, int nameCount) {
    HeldNode at = references.root();
    for (int i = 0; i < nameCount; i++) {
      HeldNode next;
      try {
        next = step(caller, at, path[i]);
      } finally {
        references.release(at);
      }
      at = next;
    }
    return at;
  }

  private HeldNode step(Caller caller, HeldNode parent, byte[] name) {
    HeldNode known = names.find(parent, name);
    return known != null ? known : learn(caller, parent, name).node();
  }

  /**
   * What a look-up found.
   *
   * @param node with one use of the receiver's
   */
  private record Learned(HeldNode node, Request.Entry entry) {}

  private Learned learn(Caller caller, HeldNode parent, byte[] name) {
    requireName(name);
    NameCache.Moment before = names.now();
    Request.Entry entry;
    try {
      entry =
          calls
              .ask(caller, request -> handler.lookup(request, parent.nodeId(), name))
              .entryOrEnoent();
    } catch (BackingException refused) {
      names.drop(parent, name);
      throw refused;
    }
    HeldNode node = references.learn(entry.nodeId());
    names.put(parent, name, node, before);
    return new Learned(node, entry);
  }

  /** The kernel is not the only one that could send a path. */
  private static void requireName(byte[] name) {
    if (name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'))) {
      throw new BackingException(Errno.EINVAL, "use", "a name of dots");
    }
  }
}
