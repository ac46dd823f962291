package io.emberfs.persistence.journal;

import java.io.IOException;

/** The journal was written by a newer version. Nothing in it was changed. */
public final class NewerJournalException extends IOException {
  private static final long serialVersionUID = 1L;

  NewerJournalException(String segment, int version) {
    super(
        "segment %s of the journal has format version %d; this emberfs knows up to %d"
            .formatted(segment, version, SegmentHeader.VERSION));
  }
}
