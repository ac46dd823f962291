package io.emberfs.core;

/**
 * What a tier is asked to keep: the blocks of pinned files are not evicted for others while what is
 * held for that reason stays within a share of the tier. Beyond it they are victims like all
 * others, and where the budget shrinks, those held go too, the ones used longest ago first. A pin
 * says nothing about bytes: what a write, a truncation or a change by others makes wrong is removed
 * as ever.
 *
 * <p>Any thread.
 */
public interface TierPins {
  /** Share of a tier that pins hold, in per cent, unless more was asked for. */
  int PERCENT_DEFAULT = 50;

  /** Nothing can be pinned. */
  TierPins NONE =
      new TierPins() {
        @Override
        public void add(long fileId) {}

        @Override
        public void remove(long fileId) {}

        @Override
        public boolean contains(long fileId) {
          return false;
        }

        @Override
        public void setPercentMax(int percent) {}

        @Override
        public long bytesMax(int percent) {
          return 0;
        }

        @Override
        public long heldBytes() {
          return 0;
        }

        @Override
        public long cachedBytes(long fileId) {
          return 0;
        }
      };

  /** From now on the file's blocks are held, those that are here already too. */
  void add(long fileId);

  /** The file's blocks are victims like others again when this returns. */
  void remove(long fileId);

  /** Whether the file's blocks are held. */
  boolean contains(long fileId);

  /** Sets the share of the tier that may be held, from 0 to 100 per cent. */
  void setPercentMax(int percent);

  /** Raw bytes of uncompressed blocks that have room in so many per cent of the present budget. */
  long bytesMax(int percent);

  /** Stored bytes that would have been evicted, were they not pinned. */
  long heldBytes();

  /**
   * Raw bytes of a file's blocks, whole pages counted, without those that are kept for the moment
   * only. Looks at what the tier has of the file, not at what there could be.
   */
  long cachedBytes(long fileId);
}
