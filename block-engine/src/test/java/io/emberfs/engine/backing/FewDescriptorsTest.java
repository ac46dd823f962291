package io.emberfs.engine.backing;

import io.emberfs.core.BackingStore;
import io.emberfs.testkit.BackingStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The whole contract with a bound so low that every open closes something else. */
final class FewDescriptorsTest extends BackingStoreContract {
  @TempDir Path directory;

  @Override
  protected BackingStore create() {
    return new PosixBackingStore(directory, 1);
  }
}
