package io.emberfs.testkit;

import io.emberfs.core.ReplacementPolicy;

final class FakePolicyTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return FakePolicy.FACTORY.make(slotCount, view);
  }
}
