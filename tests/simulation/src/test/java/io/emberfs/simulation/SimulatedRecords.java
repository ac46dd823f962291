package io.emberfs.simulation;

import io.emberfs.core.FileRecord;
import io.emberfs.core.FileRecords;
import io.emberfs.core.NodeIdentity;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The file table of an {@link SsdDevice} as one process sees it. */
final class SimulatedRecords implements FileRecords {
  private final World world;
  private final SsdDevice device;
  private final BooleanSupplier isDead;

  /**
   * @param isDead whether the process was killed: what is still called then changes nothing
   */
  SimulatedRecords(World world, BooleanSupplier isDead) {
    this.world = world;
    this.device = world.ssd;
    this.isDead = isDead;
  }

  @Override
  public Optional<FileRecord> find(NodeIdentity identity) {
    world.scheduler.pause();
    return isDead.getAsBoolean() ? Optional.empty() : Optional.ofNullable(device.record(identity));
  }

  @Override
  public void put(FileRecord record) {
    world.scheduler.pause();
    if (!isDead.getAsBoolean()) {
      device.putRecord(record);
      world.trace.note("record of file, generation:", record.fileId(), record.fileGeneration());
    }
    world.scheduler.pause();
  }

  @Override
  public void remove(NodeIdentity identity, long fileId) {
    world.scheduler.pause();
    if (!isDead.getAsBoolean()) {
      device.removeRecord(identity);
      device.removeFrom(fileId, 0);
      world.trace.note("record removed of file:", fileId, 0);
    }
  }

  @Override
  public long newFileId() {
    return device.newFileId();
  }
}
