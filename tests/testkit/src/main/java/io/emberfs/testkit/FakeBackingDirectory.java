package io.emberfs.testkit;

import io.emberfs.core.BackingDirectory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/**
 * An open directory of a {@link FakeBackingStore}: names come in the order in which they were made.
 */
final class FakeBackingDirectory implements BackingDirectory {
  private static final int TYPE_SHIFT = 12;
  private static final long SELF_COOKIE = 1;
  private static final long PARENT_COOKIE = 2;

  private final FakeBackingStore store;
  private final FakeInode inode;

  FakeBackingDirectory(FakeBackingStore store, FakeInode inode) {
    this.store = store;
    this.inode = inode;
  }

  @Override
  public void read(long cookie, EntrySink sink) {
    synchronized (store) {
      FakeInode parent = inode.parent == null ? inode : inode.parent;
      if (cookie < SELF_COOKIE && !hand(sink, ".", inode, SELF_COOKIE)) {
        return;
      }
      if (cookie < PARENT_COOKIE && !hand(sink, "..", parent, PARENT_COOKIE)) {
        return;
      }
      // A copy: the sink may look names up or change the directory.
      for (FakeInode.Entry entry :
          new ArrayList<>(inode.entriesByCookie.tailMap(cookie, false).values())) {
        if (!hand(sink, entry.name(), entry.inode(), entry.cookie())) {
          return;
        }
      }
    }
  }

  @Override
  public void sync(boolean dataOnly) {}

  @Override
  public void close() {}

  private static boolean hand(EntrySink sink, String name, FakeInode inode, long nextCookie) {
    byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    return sink.accept(bytes, inode.identity().inode(), inode.type() >> TYPE_SHIFT, nextCookie);
  }
}
