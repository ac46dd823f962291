package io.emberfs.fuse.channel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets the kernel offer FUSE over io_uring for the tests of a class and puts things back as they
 * were. A kernel before 6.14 has none to offer: there every mount is served over the device, which
 * is what the tests then expect.
 */
public final class UringSwitch implements BeforeAllCallback, AfterAllCallback {
  static final Path PARAMETER = Path.of(UringTransport.PARAMETER);

  private String before = "";

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    switchOn();
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    putBack();
  }

  /** For a single test of a class. */
  public void switchOn() throws IOException {
    if (!isThere()) {
      return;
    }
    before = read();
    if (!before.equals("Y")) {
      set("Y");
    }
  }

  /** As it was before. */
  public void putBack() throws IOException {
    if (!before.isEmpty() && !before.equals(read())) {
      set(before);
    }
  }

  /** Whether this kernel knows FUSE over io_uring. */
  static boolean isThere() {
    return Files.exists(PARAMETER);
  }

  /** What the parameter is now: Y or N. */
  static String read() throws IOException {
    return Files.readString(PARAMETER).strip();
  }

  static void set(String value) throws IOException {
    Files.writeString(PARAMETER, value);
  }
}
