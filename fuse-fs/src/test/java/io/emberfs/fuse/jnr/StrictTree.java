package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tree of directories, files and symbolic links that counts the references to its nodes like a
 * kernel's partner, and fails when one is given back that was not taken, or a node is used that
 * nobody holds. Ids of forgotten nodes are given out again, as those of the node table are.
 *
 * <p>Names are strings of one character a byte. One monitor for everything.
 */
final class StrictTree implements FsHandler {
  private static final int NAME_MAX = 255;
  private static final long ROOT_ID = 1;

  private static final class Node {
    final char kind;
    final TreeMap<String, Node> entries = new TreeMap<>();
    byte[] bytes = new byte[0];
    int serial;
    long id;
    long references;

    Node(char kind) {
      this.kind = kind;
    }
  }

  private final Map<Long, Node> known = new HashMap<>();
  private final Node root = new Node('d');
  private final Map<Long, Node> open = new HashMap<>();
  private int serials;
  private long lastHandle;

  /** The last change that was asked for, and the last flags, to be looked at by a test. */
  AttributeChange lastChange = new AttributeChange(null, null, null, null, null);

  long lastSize;
  final List<String> calls = new ArrayList<>();

  StrictTree() {
    root.id = ROOT_ID;
    known.put(ROOT_ID, root);
  }

  /** How often a name was looked up. */
  synchronized int lookupCount() {
    return (int) calls.stream().filter(call -> call.startsWith("lookup ")).count();
  }

  /** References that are out, the root's aside. */
  synchronized long referencesOut() {
    return known.values().stream().mapToLong(node -> node.references).sum();
  }

  synchronized int openCount() {
    return open.size();
  }

  /** Makes a directory or file as a foreign program would; replaces what has the name. */
  synchronized void put(String path, char kind, byte[] bytes) {
    Node at = root;
    String[] names = path.split("/", -1);
    for (int i = 0; i < names.length - 1; i++) {
      at = at.entries.get(names[i]);
    }
    Node node = newNode(kind);
    node.bytes = bytes;
    at.entries.put(names[names.length - 1], node);
  }

  private Node newNode(char kind) {
    Node node = new Node(kind);
    node.serial = ++serials;
    return node;
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private Node require(long nodeId) {
    Node node = known.get(nodeId);
    if (node == null) {
      throw new AssertionError("node " + nodeId + " is used and nobody holds it");
    }
    return node;
  }

  /** Null if the request was answered with why not. */
  private Node directory(Request request, long nodeId, byte[] name) {
    Node node = require(nodeId);
    if (node.kind != 'd') {
      request.error(Errno.ENOTDIR);
      return null;
    }
    if (name.length > NAME_MAX) {
      request.error(Errno.ENAMETOOLONG);
      return null;
    }
    return node;
  }

  private Request.Entry learn(Node node) {
    if (node.id == 0) {
      long id = ROOT_ID + 1;
      while (known.containsKey(id)) {
        id++;
      }
      node.id = id;
      known.put(id, node);
    }
    node.references++;
    return new Request.Entry(node.id, 0, attributes(node), 0, 0);
  }

  private static Attributes attributes(Node node) {
    int type = node.kind == 'd' ? 0040755 : node.kind == 'l' ? 0120777 : 0100644;
    return new Attributes(
        1000 + node.serial,
        node.bytes.length,
        3,
        1_000_000_002L,
        -1,
        5_000_000_006L,
        type,
        1,
        7,
        8,
        0x1234567,
        512,
        Attributes.NO_TIME);
  }

  @Override
  public synchronized void lookup(Request request, long parentId, byte[] name) {
    calls.add("lookup " + text(name));
    Node parent = directory(request, parentId, name);
    if (parent == null) {
      return;
    }
    Node node = parent.entries.get(text(name));
    if (node == null) {
      request.replyNoEntry(0);
    } else {
      request.replyEntry(learn(node));
    }
  }

  @Override
  public synchronized void forget(long nodeId, long references) {
    Node node = require(nodeId);
    node.references -= references;
    if (node.references < 0) {
      throw new AssertionError("node " + nodeId + " was given back too often");
    }
    if (node.references == 0) {
      known.remove(nodeId);
      node.id = 0;
    }
  }

  @Override
  public synchronized void getAttributes(Request request, long nodeId, long handle) {
    request.replyAttributes(attributes(require(nodeId)), 0);
  }

  @Override
  public synchronized void setAttributes(
      Request request, long nodeId, AttributeChange change, long newSize, boolean killSetId) {
    Node node = require(nodeId);
    lastChange = change;
    lastSize = newSize;
    if (newSize >= 0) {
      node.bytes = java.util.Arrays.copyOf(node.bytes, (int) newSize);
    }
    request.replyAttributes(attributes(node), 0);
  }

  @Override
  public synchronized void makeDirectory(Request request, long parentId, byte[] name, int mode) {
    make(request, parentId, name, newNode('d'));
  }

  @Override
  public synchronized void makeNode(
      Request request, long parentId, byte[] name, int mode, int rdev) {
    calls.add("mknod " + Integer.toOctalString(mode) + " " + rdev + " umask " + request.umask());
    make(request, parentId, name, newNode('f'));
  }

  @Override
  public synchronized void symbolicLink(
      Request request, long parentId, byte[] name, byte[] target) {
    Node node = newNode('l');
    node.bytes = target;
    make(request, parentId, name, node);
  }

  @Override
  public synchronized void link(Request request, long nodeId, long newParentId, byte[] newName) {
    make(request, newParentId, newName, require(nodeId));
  }

  private void make(Request request, long parentId, byte[] name, Node node) {
    Node parent = directory(request, parentId, name);
    if (parent == null) {
      return;
    }
    if (parent.entries.putIfAbsent(text(name), node) != null) {
      request.error(Errno.EEXIST);
      return;
    }
    request.replyEntry(learn(node));
  }

  @Override
  public synchronized void create(
      Request request, long parentId, byte[] name, int flags, int mode) {
    Node parent = directory(request, parentId, name);
    if (parent == null) {
      return;
    }
    Node node = parent.entries.computeIfAbsent(text(name), _ -> newNode('f'));
    open.put(++lastHandle, node);
    request.replyCreated(learn(node), lastHandle, Request.OpenReply.DIRECT);
  }

  @Override
  public synchronized void unlink(Request request, long parentId, byte[] name) {
    Node parent = directory(request, parentId, name);
    if (parent != null) {
      if (parent.entries.remove(text(name)) == null) {
        request.error(Errno.ENOENT);
      } else {
        request.reply(0);
      }
    }
  }

  @Override
  public synchronized void removeDirectory(Request request, long parentId, byte[] name) {
    unlink(request, parentId, name);
  }

  @Override
  public synchronized void rename(
      Request request, long parentId, byte[] name, long newParentId, byte[] newName, int flags) {
    Node parent = directory(request, parentId, name);
    Node newParent = parent == null ? null : directory(request, newParentId, newName);
    if (newParent == null) {
      return;
    }
    Node node = parent.entries.get(text(name));
    if (node == null) {
      request.error(Errno.ENOENT);
    } else if (isBelow(newParent, node)) {
      request.error(Errno.EINVAL);
    } else {
      parent.entries.remove(text(name));
      newParent.entries.put(text(newName), node);
      request.reply(0);
    }
  }

  private static boolean isBelow(Node node, Node top) {
    return node == top || top.entries.values().stream().anyMatch(child -> isBelow(node, child));
  }

  @Override
  public synchronized void readLink(Request request, long nodeId) {
    byte[] target = require(nodeId).bytes;
    MemorySegment.copy(target, 0, request.out(), JAVA_BYTE, 0, target.length);
    request.reply(target.length);
  }

  @Override
  public synchronized void open(Request request, long nodeId, int flags) {
    calls.add("open flags " + flags);
    open.put(++lastHandle, require(nodeId));
    request.replyOpen(lastHandle, Request.OpenReply.DIRECT);
  }

  @Override
  public void openDirectory(Request request, long nodeId, int flags) {
    open(request, nodeId, flags);
  }

  @Override
  public synchronized void readDirectory(
      Request request, long nodeId, long handle, long cookie, boolean plus) {
    List<Map.Entry<String, Node>> entries = List.copyOf(require(nodeId).entries.entrySet());
    for (int i = (int) cookie; i < entries.size(); i++) {
      byte[] name = entries.get(i).getKey().getBytes(StandardCharsets.ISO_8859_1);
      if (!request.addDirectoryEntry(name, 1000 + entries.get(i).getValue().serial, 8, i + 1L)) {
        break;
      }
    }
    request.replyDirectory();
  }

  @Override
  public synchronized void read(
      Request request, long nodeId, long handle, long offset, int length) {
    Node node = open.get(handle);
    require(nodeId);
    int count = (int) Math.clamp(node.bytes.length - offset, 0, length);
    MemorySegment.copy(node.bytes, (int) offset, request.out(), JAVA_BYTE, 0, count);
    request.reply(count);
  }

  @Override
  public synchronized void write(
      Request request, long nodeId, long handle, long offset, boolean killSetId, boolean pages) {
    Node node = open.get(handle);
    byte[] bytes = request.in().toArray(JAVA_BYTE);
    node.bytes =
        java.util.Arrays.copyOf(
            node.bytes, (int) Math.max(node.bytes.length, offset + bytes.length));
    System.arraycopy(bytes, 0, node.bytes, (int) offset, bytes.length);
    request.replyWritten(bytes.length);
  }

  @Override
  public synchronized void release(Request request, long nodeId, long handle) {
    require(nodeId);
    if (open.remove(handle) == null) {
      throw new AssertionError("handle " + handle + " was released twice");
    }
    request.reply(0);
  }

  @Override
  public void releaseDirectory(Request request, long nodeId, long handle) {
    release(request, nodeId, handle);
  }

  @Override
  public synchronized void getExtendedAttribute(
      Request request, long nodeId, byte[] name, int sizeMax) {
    byte[] value = require(nodeId).bytes;
    if (sizeMax == 0) {
      request.replyExtendedAttributeSize(value.length);
    } else if (value.length > sizeMax) {
      request.error(Errno.ERANGE);
    } else {
      MemorySegment.copy(value, 0, request.out(), JAVA_BYTE, 0, value.length);
      request.reply(value.length);
    }
  }

  @Override
  public synchronized void setExtendedAttribute(
      Request request, long nodeId, byte[] name, int flags, boolean killSetGid) {
    require(nodeId).bytes = request.in().toArray(JAVA_BYTE);
    calls.add("setxattr " + text(name) + " " + flags);
    request.reply(0);
  }
}
