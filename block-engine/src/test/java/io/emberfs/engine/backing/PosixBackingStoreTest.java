package io.emberfs.engine.backing;

import io.emberfs.core.BackingStore;
import io.emberfs.testkit.BackingStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class PosixBackingStoreTest extends BackingStoreContract {
  @TempDir Path directory;

  @Override
  protected BackingStore create() {
    return new PosixBackingStore(directory);
  }
}
