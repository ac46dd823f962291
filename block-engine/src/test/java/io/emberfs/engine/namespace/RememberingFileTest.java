package io.emberfs.engine.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingStore;
import io.emberfs.core.Meters;
import io.emberfs.engine.namespace.MarkedBackingStore.Making;
import io.emberfs.testkit.BackingFileContract;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.Seeds;

/** Files as a mount has them that has its backing to itself. */
final class RememberingFileTest extends BackingFileContract {
  private final FakeBackingStore fake = new FakeBackingStore(new FakeClock());

  @Override
  protected BackingStore create() {
    Meters meters = new Meters();
    return new RememberingBackingStore(
        new MarkedBackingStore(fake, Making.ALWAYS, Seeds.random(1), meters), 1 << 20, meters);
  }

  @Override
  protected void changeBehind(String name, byte[] content) {
    fake.changeBehind(name, content);
  }

  @Override
  protected void checkNothingLeaked() {
    assertThat(fake.referencesHeld()).isZero();
    assertThat(fake.openFiles()).isZero();
  }
}
