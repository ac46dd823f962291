package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.TierContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

final class SsdTierTest extends TierContract {
  private final List<SsdDatabase> databases = new ArrayList<>();

  @TempDir private Path directory;

  @Override
  protected Tier create(BlockGeometry geometry, long capacityBytes, WriteFence fence)
      throws IOException {
    SsdSpec spec = new SsdSpec(geometry, capacityBytes, 0, FakePolicy.FACTORY);
    databases.add(
        SsdDatabase.open(
            directory.resolve("ssd" + databases.size()), spec, fence, Clock.SYSTEM, new Meters()));
    return databases.getLast().tier();
  }

  @AfterEach
  void closeDatabases() {
    databases.forEach(SsdDatabase::close);
  }
}
