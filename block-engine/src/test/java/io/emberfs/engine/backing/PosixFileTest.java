package io.emberfs.engine.backing;

import io.emberfs.core.BackingStore;
import io.emberfs.testkit.BackingFileContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class PosixFileTest extends BackingFileContract {
  @TempDir Path directory;

  @Override
  protected BackingStore create() {
    return new PosixBackingStore(directory);
  }

  @Override
  protected void changeBehind(String name, byte[] content) throws IOException {
    Files.write(directory.resolve(name), content);
  }
}
