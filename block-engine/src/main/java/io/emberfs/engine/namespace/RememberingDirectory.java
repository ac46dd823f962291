package io.emberfs.engine.namespace;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingNode;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * An open directory that is read from memory where its listing is known, and else from the backing,
 * whose directory is opened for that. A listing that was read from start to end is remembered if no
 * own change came since the directory was opened there: a file system may go on showing what it had
 * then (btrfs does).
 */
final class RememberingDirectory implements BackingDirectory {
  private final RememberingBackingStore store;
  private final BackingNode node;
  private @Nullable BackingDirectory directory;

  /**
   * What is remembered of the directory, with its stamp, from before it was opened in the backing.
   */
  private @Nullable NodeMemory memoryAtOpen;

  private long stampAtOpen;

  /** Weak: an open directory does not keep alive what was forgotten; the backing has its rest. */
  private WeakReference<@Nullable Listing> listing = new WeakReference<>(null);

  private Listing.@Nullable Draft draft;

  /** Of {@code listing}, the next entry, and the cookie of the one before. */
  private int position;

  private long standsAt;
  private boolean isClosed;

  /**
   * @param node the opener holds a reference to it until this is closed
   */
  RememberingDirectory(RememberingBackingStore store, BackingNode node) {
    this.store = store;
    this.node = node;
  }

  /** Opens it in the backing if it is not open there yet. */
  synchronized void openInBacking() {
    BackingDirectory _ = opened();
  }

  @Override
  public synchronized void read(long cookie, EntrySink sink) {
    if (cookie == 0) {
      begin();
    }
    Listing known = listing.get();
    if (known == null || !readRemembered(known, cookie, sink)) {
      listing.clear();
      readBacking(cookie, sink);
    }
  }

  private void begin() {
    dropDraft();
    Listing known = store.listing(node);
    listing = new WeakReference<>(known);
    position = 0;
    standsAt = 0;
    if (known == null) {
      openInBacking();
      NodeMemory memory = memoryAtOpen;
      draft = memory == null ? null : new Listing.Draft(store.memory(), memory, stampAtOpen);
    }
  }

  /** False if the listing has no such place. */
  private boolean readRemembered(Listing known, long cookie, EntrySink sink) {
    if (cookie != standsAt) {
      int behind = known.positionBehind(cookie);
      if (behind < 0) {
        return false;
      }
      position = behind;
      standsAt = cookie;
    }
    while (position < known.entries().size()) {
      Listing.Entry entry = known.entries().get(position);
      if (!sink.accept(entry.name().bytes().clone(), entry.inode(), entry.type(), entry.cookie())) {
        return true;
      }
      position++;
      standsAt = entry.cookie();
    }
    return true;
  }

  private void readBacking(long cookie, EntrySink sink) {
    if (draft != null && (draft.end() != cookie || draft.isDropped())) {
      dropDraft();
    }
    boolean[] isRefused = {false};
    Listing.Draft reading = draft;
    BackingDirectory open = opened();
    boolean isRead = false;
    try {
      store.ask(() -> {
        open.read(
            cookie,
            (name, inode, type, nextCookie) -> {
              if (reading != null) {
                // Before the sink, whose array it is from then on; taken back if it is refused.
                reading.add(name, inode, type, nextCookie);
              }
              boolean isTaken = sink.accept(name, inode, type, nextCookie);
              isRefused[0] = !isTaken;
              if (!isTaken && reading != null) {
                reading.removeLast();
              }
              return isTaken;
            });
        return true;
      });
      isRead = true;
    } finally {
      if (!isRead) {
        dropDraft();
      }
    }
    if (!isRefused[0] && reading != null) {
      reading.keep(name -> store.isMissing(node, name));
      dropDraft();
    }
  }

  private void dropDraft() {
    if (draft != null) {
      draft.drop();
      draft = null;
    }
  }

  @Override
  public synchronized void sync(boolean dataOnly) {
    opened().sync(dataOnly);
  }

  private BackingDirectory opened() {
    if (isClosed) {
      throw new IllegalStateException("use of a closed directory");
    }
    BackingDirectory open = directory;
    if (open == null) {
      memoryAtOpen = store.memory().of(node.identity());
      stampAtOpen = memoryAtOpen == null ? 0 : memoryAtOpen.stamp();
      open = store.openBackingDirectory(node);
      directory = open;
    }
    return open;
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    dropDraft();
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }
}
