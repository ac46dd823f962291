package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingStore;

final class FakeBackingFileTest extends BackingFileContract {
  private final FakeBackingStore fake = new FakeBackingStore(new FakeClock());

  @Override
  protected BackingStore create() {
    return fake;
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
