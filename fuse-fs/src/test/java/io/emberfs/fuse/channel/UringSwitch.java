package io.emberfs.fuse.channel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/**
 * Lets the kernel offer FUSE over io_uring for the tests of a class and puts things back as they
 * were; skips the class, saying why, where that cannot be done.
 */
public final class UringSwitch implements BeforeAllCallback, AfterAllCallback {
  private static final Path PARAMETER = Path.of("/sys/module/fuse/parameters/enable_uring");

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
    assumeTrue(Files.exists(PARAMETER), "this kernel has no FUSE over io_uring: " + PARAMETER);
    before = read();
    if (!before.equals("Y")) {
      try {
        set("Y");
      } catch (IOException refused) {
        throw new TestAbortedException("cannot switch on FUSE over io_uring: " + refused);
      }
    }
  }

  /** As it was before. */
  public void putBack() throws IOException {
    if (!before.isEmpty() && !before.equals(read())) {
      set(before);
    }
  }

  /** What the parameter is now: Y or N. */
  static String read() throws IOException {
    return Files.readString(PARAMETER).strip();
  }

  static void set(String value) throws IOException {
    Files.writeString(PARAMETER, value);
  }
}
