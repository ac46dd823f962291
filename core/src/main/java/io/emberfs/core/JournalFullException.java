package io.emberfs.core;

import java.io.IOException;

/**
 * There is no room for a record of the {@link WriteJournal}: nothing of it was stored, the journal
 * is as sound as before, and a later append may succeed.
 */
public final class JournalFullException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With what the device or the file system said. */
  public JournalFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
