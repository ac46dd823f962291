package io.emberfs.fuse.fs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.KnownNode;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Operations on attributes, plain and extended. Methods run where the file system put them and
 * throw what becomes the errno.
 */
final class AttributeOperations {
  private static final byte[] TRUSTED = "trusted.".getBytes(StandardCharsets.US_ASCII);

  private final BackingStore store;
  private final BlockCache cache;
  private final Nodes nodes;
  private final FsOptions options;

  AttributeOperations(BackingStore store, BlockCache cache, Nodes nodes, FsOptions options) {
    this.store = store;
    this.cache = cache;
    this.nodes = nodes;
    this.options = options;
  }

  void get(Request request, long nodeId) {
    KnownNode known = nodes.require(nodeId);
    request.replyAttributes(nodes.attributes(known), options.attrTtlNanos());
  }

  void set(Request request, long nodeId, AttributeChange change, long newSize, boolean killSetId) {
    KnownNode known = nodes.requireWritable(nodeId);
    BackingNode node = known.backing();
    nodes.requireNamed(known);
    if (newSize >= 0) {
      if (!Nodes.isRegular(node)) {
        throw new BackingException(Errno.EINVAL, "truncate", "node " + nodeId);
      }
      cache.truncate(node, newSize);
      if (killSetId || request.uid() != 0) {
        nodes.clearSetId(known, NameOperations.caller(request));
      }
    }
    if (changesAnything(change)) {
      nodes.changeInode(node, () -> store.change(node, change));
    }
    request.replyAttributes(nodes.attributes(known), options.attrTtlNanos());
  }

  void statistics(Request request, long nodeId) {
    request.replyStatistics(store.statistics(nodes.require(nodeId).backing()));
  }

  void getExtended(Request request, long nodeId, byte[] name, int sizeMax) {
    replyBytes(request, store.extendedAttribute(nodes.require(nodeId).backing(), name), sizeMax);
  }

  void listExtended(Request request, long nodeId, int sizeMax) {
    byte[] names = store.extendedAttributeNames(nodes.require(nodeId).backing());
    replyBytes(request, request.uid() == 0 ? names : withoutTrusted(names), sizeMax);
  }

  /**
   * The kernel refuses to others than root what these names stand for, but leaves it to the file
   * system not to list them.
   */
  private static byte[] withoutTrusted(byte[] names) {
    byte[] kept = new byte[names.length];
    int length = 0;
    for (int from = 0; from < names.length; ) {
      int end = from;
      while (names[end] != 0) {
        end++;
      }
      int size = end + 1 - from;
      int prefix = Math.min(size, TRUSTED.length);
      if (!Arrays.equals(names, from, from + prefix, TRUSTED, 0, TRUSTED.length)) {
        System.arraycopy(names, from, kept, length, size);
        length += size;
      }
      from += size;
    }
    return Arrays.copyOf(kept, length);
  }

  void setExtended(Request request, long nodeId, byte[] name, int flags, boolean killSetGid) {
    KnownNode known = nodes.requireWritable(nodeId);
    BackingNode node = known.backing();
    nodes.requireNamed(known);
    byte[] value = request.in().toArray(JAVA_BYTE);
    nodes.changeInode(node, () -> store.setExtendedAttribute(node, name, value, flags));
    if (killSetGid) {
      nodes.clearSetGid(known);
    }
    request.reply(0);
  }

  void removeExtended(Request request, long nodeId, byte[] name) {
    KnownNode known = nodes.requireWritable(nodeId);
    BackingNode node = known.backing();
    nodes.requireNamed(known);
    nodes.changeInode(node, () -> store.removeExtendedAttribute(node, name));
    request.reply(0);
  }

  private static void replyBytes(Request request, byte[] bytes, int sizeMax) {
    if (sizeMax == 0) {
      request.replyExtendedAttributeSize(bytes.length);
    } else if (bytes.length > sizeMax) {
      request.error(Errno.ERANGE);
    } else {
      MemorySegment.copy(bytes, 0, request.out(), JAVA_BYTE, 0, bytes.length);
      request.reply(bytes.length);
    }
  }

  private static boolean changesAnything(AttributeChange change) {
    return change.mode() != null
        || change.uid() != null
        || change.gid() != null
        || change.atimeNanos() != null
        || change.mtimeNanos() != null;
  }
}
