package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts the machine's switch for FUSE over io_uring back, which a mount over rings switches on. */
final class UringParameter implements AutoCloseable {
  private static final Path FILE = Path.of("/sys/module/fuse/parameters/enable_uring");

  private final String before;

  UringParameter() throws IOException {
    before = Files.exists(FILE) ? Files.readString(FILE) : "";
  }

  @Override
  public void close() throws IOException {
    if (!before.isEmpty()) {
      Files.writeString(FILE, before);
    }
  }
}
