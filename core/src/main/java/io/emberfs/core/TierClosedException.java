package io.emberfs.core;

/** A tier was used after it was closed. */
public final class TierClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public TierClosedException(String tierName) {
    super("tier " + tierName + " is closed");
  }
}
