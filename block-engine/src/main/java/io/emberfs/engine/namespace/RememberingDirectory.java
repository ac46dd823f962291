package io.emberfs.engine.namespace;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingNode;
import org.jspecify.annotations.Nullable;

/**
 * An open directory that is read from memory where its listing is known, and else from the backing,
 * whose directory is opened for that. A listing that was read from start to end without an own
 * change in between is remembered.
 */
final class RememberingDirectory implements BackingDirectory {
  private final RememberingBackingStore store;
  private final BackingNode node;
  private @Nullable BackingDirectory directory;
  private @Nullable Listing listing;
  private Listing.@Nullable Draft draft;

  /** Of {@code listing}, the next entry, and the cookie of the one before. */
  private int position;

  private long standsAt;
  private boolean isClosed;

  /**
   * @param node the opener holds a reference to it until this is closed
   * @param directory of the backing, belongs to this; null if it is to be opened when it is needed
   */
  RememberingDirectory(
      RememberingBackingStore store, BackingNode node, @Nullable BackingDirectory directory) {
    this.store = store;
    this.node = node;
    this.directory = directory;
  }

  @Override
  public synchronized void read(long cookie, EntrySink sink) {
    if (cookie == 0) {
      begin();
    }
    if (listing == null || !readRemembered(listing, cookie, sink)) {
      listing = null;
      readBacking(cookie, sink);
    }
  }

  private void begin() {
    listing = store.listing(node);
    draft = listing == null ? store.newDraft(node) : null;
    position = 0;
    standsAt = 0;
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
    Listing.Draft reading = draft;
    if (reading != null && (reading.end() != cookie || reading.isTooLong())) {
      reading = null;
    }
    draft = null;
    boolean[] isRefused = {false};
    Listing.Draft present = reading;
    BackingDirectory open = opened();
    store.ask(() -> {
      open.read(
          cookie,
          (name, inode, type, nextCookie) -> {
            if (present != null) {
              // Before the sink, whose array it is from then on; taken back if it is refused.
              present.add(name, inode, type, nextCookie);
            }
            boolean isTaken = sink.accept(name, inode, type, nextCookie);
            isRefused[0] = !isTaken;
            if (!isTaken && present != null) {
              present.removeLast();
            }
            return isTaken;
          });
      return true;
    });
    if (!isRefused[0] && present != null && !present.isTooLong()) {
      store.keepListing(node, present);
    } else {
      draft = present;
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
      open = store.openBackingDirectory(node);
      directory = open;
    }
    return open;
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }
}
