package io.emberfs.engine.ram;

import io.emberfs.core.PinnedFiles;
import io.emberfs.core.TierPins;
import io.emberfs.engine.policy.PinnedSlots;

/**
 * What of the RAM tier is pinned, as the replacement policy sees it. All methods but {@link
 * #setPercentMax} and {@link #files} are called under the tier's lock.
 */
final class PinnedPages implements PinnedSlots.View {
  private static final int PERCENT = 100;

  private final EntryTable table;
  private final BlockPlacement placement;
  private final PageStore pages;
  private final PinnedFiles files = new PinnedFiles();
  private volatile int percentMax = TierPins.PERCENT_DEFAULT;

  PinnedPages(EntryTable table, BlockPlacement placement, PageStore pages) {
    this.table = table;
    this.placement = placement;
    this.pages = pages;
  }

  @Override
  public boolean isPinned(int slot) {
    return files.count() > 0 && files.contains(table.fileId(slot));
  }

  @Override
  public int pageCount(int slot) {
    return placement.pageCountOf(slot);
  }

  @Override
  public long heldPagesMax() {
    return pagesIn(percentMax);
  }

  /** Pages in a share of the present budget. */
  long pagesIn(int percent) {
    return (long) pages.limit() * percent / PERCENT;
  }

  /** Sets the share of the pages that may be held. Any thread. */
  void setPercentMax(int percent) {
    percentMax = percent;
  }

  /** The pinned files. Any thread. */
  PinnedFiles files() {
    return files;
  }
}
