package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingWatch;
import io.emberfs.ffi.Fanotify;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches directories of this machine by {@link Fanotify}: an event names its directory by a handle
 * and tells whose change it was, so that own writes cost no comparison with the backing.
 */
final class PosixWatch implements BackingWatch {
  /** The kernel keeps an inode in memory for each. */
  private static final int DIRECTORIES_MAX = 8192;

  private static final int CHANGES_PER_CALL = 512;

  private final Fanotify events = Fanotify.open();
  private final int self = Math.toIntExact(ProcessHandle.current().pid());
  private final ConcurrentHashMap<ByteBuffer, BackingNode> byKey = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<BackingNode, ByteBuffer> keys = new ConcurrentHashMap<>();

  /**
   * @throws BackingException if this kernel has no such events
   */
  PosixWatch() {}

  @Override
  public boolean add(BackingNode directory) {
    try {
      return ((PosixNode) directory).with(descriptor -> add(directory, descriptor)) == 0;
    } catch (BackingException gone) {
      return false;
    }
  }

  private int add(BackingNode directory, int descriptor) {
    ByteBuffer key = Fanotify.keyOf(descriptor);
    if (!key.hasRemaining()) {
      return -1;
    }
    // Known before the first event can come.
    byKey.put(key, directory);
    keys.put(directory, key);
    int result = events.watch(descriptor);
    if (result < 0) {
      byKey.remove(key, directory);
      keys.remove(directory);
    }
    return result;
  }

  @Override
  public void remove(BackingNode directory) {
    ByteBuffer key = keys.remove(directory);
    if (key == null) {
      return;
    }
    byKey.remove(key, directory);
    try {
      // If the directory is gone, so is the kernel's mark on it.
      int _ = ((PosixNode) directory).with(events::unwatch);
    } catch (BackingException _) {
      // It is gone.
    }
  }

  @Override
  public void next(int millisMax, Listener listener) {
    if (!events.await(millisMax)) {
      return;
    }
    for (int i = 0; i < CHANGES_PER_CALL && events.next(); i++) {
      if (events.isOverflow()) {
        listener.lostChanges();
      } else if (events.process() != self) {
        report(listener);
      }
    }
  }

  private void report(Listener listener) {
    BackingNode directory = byKey.get(events.key());
    if (directory == null) {
      return;
    }
    byte[] name = events.name();
    if (name.length == 0) {
      listener.directoryChanged(directory);
      return;
    }
    if (events.isOfNames()) {
      listener.nameChanged(directory, name);
      listener.directoryChanged(directory);
    }
    if (events.isOfContent()) {
      listener.contentChanged(directory, name);
    }
  }

  @Override
  public boolean hasRoom() {
    return keys.size() < DIRECTORIES_MAX;
  }

  @Override
  public int directoryCount() {
    return keys.size();
  }

  @Override
  public void close() {
    events.close();
  }
}
