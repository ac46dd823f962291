package io.emberfs.fuse.fs;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.HandleTable;
import io.emberfs.fuse.node.KnownNode;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Operations on open directories. Methods run where the file system put them and throw what becomes
 * the errno.
 */
final class DirectoryOperations {
  private static final int HANDLES_MAX = 1 << 18;

  private final BackingStore store;
  private final Nodes nodes;
  private final DirectoryWatches watches;
  private final HandleTable<OpenDirectory> directories = new HandleTable<>(HANDLES_MAX);

  DirectoryOperations(BackingStore store, Nodes nodes, DirectoryWatches watches) {
    this.store = store;
    this.nodes = nodes;
    this.watches = watches;
  }

  /**
   * One open of a directory; the lock is held while it is read or synced.
   *
   * @param node with a reference of its own
   */
  private record OpenDirectory(BackingNode node, BackingDirectory directory, ReentrantLock lock) {}

  void open(Request request, long nodeId) {
    KnownNode known = nodes.require(nodeId);
    BackingNode node = known.backing();
    if (!Nodes.isDirectory(node)) {
      throw new BackingException(Errno.ENOTDIR, "open", "node " + nodeId);
    }
    watches.use(known);
    node.retain();
    OpenDirectory open;
    try {
      open = new OpenDirectory(node, store.openDirectory(node), new ReentrantLock());
    } catch (Throwable failed) {
      node.release(1);
      throw failed;
    }
    long handle = directories.add(open);
    if (handle == 0) {
      close(open);
      throw new BackingException(Errno.EMFILE, "open", "node " + nodeId);
    }
    request.replyOpen(handle, Request.OpenReply.DIRECT);
  }

  void read(Request request, long handle, long cookie, boolean plus) {
    OpenDirectory open = require(handle);
    open.lock().lock();
    try {
      Listing listing = new Listing(request, open.node(), plus);
      try {
        open.directory().read(cookie, listing);
      } catch (BackingException failed) {
        // The kernel holds references to the nodes of entries only if it gets them: so they go out,
        // and the error comes back
        // with the next call.
        if (listing.count == 0) {
          throw failed;
        }
      }
    } finally {
      open.lock().unlock();
    }
    request.replyDirectory();
  }

  void sync(Request request, long handle, boolean dataOnly) {
    OpenDirectory open = require(handle);
    open.lock().lock();
    try {
      open.directory().sync(dataOnly);
    } finally {
      open.lock().unlock();
    }
    request.reply(0);
  }

  void release(Request request, long handle) {
    OpenDirectory open = directories.remove(handle);
    if (open == null) {
      throw new BackingException(Errno.EBADF, "release", "directory handle " + handle);
    }
    close(open);
    request.reply(0);
  }

  /** Closes what the kernel left open when the connection ended. */
  void closeAll() {
    directories.removeAll(DirectoryOperations::close);
  }

  private static void close(OpenDirectory open) {
    try {
      open.directory().close();
    } finally {
      open.node().release(1);
    }
  }

  private OpenDirectory require(long handle) {
    OpenDirectory open = directories.get(handle);
    if (open == null) {
      throw new BackingException(Errno.EBADF, "use", "directory handle " + handle);
    }
    return open;
  }

  /** Puts entries into the answer until it is full. */
  private final class Listing implements BackingDirectory.EntrySink {
    private final Request request;
    private final BackingNode parent;
    private final boolean plus;
    private int count;

    Listing(Request request, BackingNode parent, boolean plus) {
      this.request = request;
      this.parent = parent;
      this.plus = plus;
    }

    @Override
    public boolean accept(byte[] name, long inode, int type, long nextCookie) {
      boolean fits =
          plus
              ? addWithAttributes(name, inode, type, nextCookie)
              : request.addDirectoryEntry(name, inode, type, nextCookie);
      if (fits) {
        count++;
      }
      return fits;
    }

    private boolean addWithAttributes(byte[] name, long inode, int type, long nextCookie) {
      Request.Entry entry = isDots(name) ? null : entryOrNull(name);
      boolean fits = request.addDirectoryEntryPlus(name, inode, type, nextCookie, entry);
      if (!fits && entry != null) {
        nodes.unlearn(entry);
      }
      return fits;
    }

    /**
     * The entry of a name; null if it is gone or cannot be looked at, which a lookup of its own
     * will tell.
     */
    private Request.@Nullable Entry entryOrNull(byte[] name) {
      try {
        BackingNode node = nodes.lookupOrNull(parent, name);
        return node == null ? null : nodes.learn(node);
      } catch (BackingException _) {
        return null;
      }
    }

    private static boolean isDots(byte[] name) {
      return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    }
  }
}
