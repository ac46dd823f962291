package io.emberfs.app.control;

import java.io.IOException;

/** The other side did not answer in time. */
public final class ControlTimeoutException extends IOException {
  private static final long serialVersionUID = 1L;

  ControlTimeoutException() {
    super("no answer in time");
  }
}
