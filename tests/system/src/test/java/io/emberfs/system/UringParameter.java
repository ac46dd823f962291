package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Whether this machine offers FUSE over io_uring: remembered before each test and put back after
 * it, for a mount with {@code --transport uring} leaves it switched on.
 */
final class UringParameter implements BeforeEachCallback, AfterEachCallback {
  static final Path FILE = Path.of("/sys/module/fuse/parameters/enable_uring");

  private String before = "";

  /** Whether the kernel has it and this user may switch it. */
  static boolean isThere() {
    return Files.isWritable(FILE);
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    before = isThere() ? Files.readString(FILE).strip() : "";
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (!before.isEmpty()) {
      Files.writeString(FILE, before);
    }
  }
}
