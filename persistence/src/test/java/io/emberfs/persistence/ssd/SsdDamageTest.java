package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.TestBlocks;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Whatever happens to a file of the database: the right bytes or none, and a mount that starts. */
final class SsdDamageTest {
  /** Of the first record of a log. */
  private static final int RECORD_TYPE_AT = 6;

  @TempDir private Path temporary;
  private final Meters meters = new Meters();

  private enum Damage {
    FLIP {
      @Override
      byte[] apply(byte[] bytes, RandomGenerator random) {
        byte[] damaged = bytes.clone();
        damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        return damaged;
      }
    },
    TRUNCATE {
      @Override
      byte[] apply(byte[] bytes, RandomGenerator random) {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
    },
    ZERO {
      @Override
      byte[] apply(byte[] bytes, RandomGenerator random) {
        byte[] damaged = bytes.clone();
        int start = random.nextInt(bytes.length) & -4096;
        Arrays.fill(damaged, start, Math.min(bytes.length, start + 4096), (byte) 0);
        return damaged;
      }
    };

    abstract byte[] apply(byte[] bytes, RandomGenerator random);
  }

  @Test
  void anyDamagedFileCostsBlocksAndNeverBytes() throws Exception {
    Seeds.check(random -> {
      long seed = random.nextLong();
      Path dead = temporary.resolve("dead");
      WriteHistory history = new WriteHistory(seed, 700);
      WriteHistory.liveAndDie(dead, seed, 700);
      int shown = 0;
      for (Path file : TestFolders.files(dead)) {
        for (Damage damage : Damage.values()) {
          if (Files.size(file) == 0) {
            continue;
          }
          Path copy = TestFolders.copy(dead, temporary.resolve("damaged"));
          Path target = copy.resolve(file.getFileName());
          Files.write(target, damage.apply(Files.readAllBytes(file), random));
          try (SsdDatabase database = WriteHistory.open(copy, meters)) {
            shown += history.assertNothingStale(database);
            while (database.tier().scrub(Long.MAX_VALUE, (_, _) -> {}) > 0) {}
          } catch (AssertionError | IOException failure) {
            throw new AssertionError(
                damage + " of " + file.getFileName() + ": " + failure.getMessage(), failure);
          }
          TestFolders.delete(copy);
        }
      }
      assertThat(shown).as("blocks shown all the same").isPositive();
    });
  }

  @Test
  void aRolledBackManifestIsAColdStart() throws Exception {
    Path dead = temporary.resolve("dead");
    long seed = 11;
    WriteHistory history = new WriteHistory(seed, 500);
    WriteHistory.liveAndDie(dead, seed, 500);
    Path manifest =
        TestFolders.files(dead).stream()
            .filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
            .findFirst()
            .orElseThrow();
    byte[] whole = Files.readAllBytes(manifest);
    int opened = 0;
    for (int length = whole.length - 1; length > 0; length -= Math.max(1, whole.length / 60)) {
      Path copy = TestFolders.copy(dead, temporary.resolve("rolled"));
      Files.write(copy.resolve(manifest.getFileName()), Arrays.copyOf(whole, length));
      try (SsdDatabase database = WriteHistory.open(copy, meters)) {
        history.assertNothingStale(database);
        opened++;
      }
      TestFolders.delete(copy);
    }
    assertThat(opened).isGreaterThan(30);
    assertThat(meters.counter("ssd.coldStarts").value()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 6, 7, 8, 11, 131})
  void aRecordThatClaimsToBeOfARecycledLogIsAColdStartAndNoEndlessOne(int type) throws Exception {
    Path directory = temporary.resolve("ssd");
    WriteHistory history = new WriteHistory(3, 200);
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      history.live(database, database.tier());
    }
    for (Path file : TestFolders.files(directory)) {
      if (!isLog(file) && !file.getFileName().toString().startsWith("MANIFEST")
          || Files.size(file) == 0) {
        continue;
      }
      Path copy = TestFolders.copy(directory, temporary.resolve("copy"));
      byte[] bytes = Files.readAllBytes(file);
      bytes[RECORD_TYPE_AT] = (byte) type;
      Files.write(copy.resolve(file.getFileName()), bytes);
      long before = meters.counter("ssd.coldStarts").value();
      try (SsdDatabase database = WriteHistory.open(copy, meters)) {
        assertThat(history.assertNothingStale(database)).isZero();
      }
      assertThat(meters.counter("ssd.coldStarts").value()).isEqualTo(before + 1);
      TestFolders.delete(copy);
    }
  }

  @Test
  void aRecordWithoutTheRemovalBeforeItIsAColdStart() throws Exception {
    long whole = WriteHistory.GEOMETRY.fullMask();
    Path directory = temporary.resolve("ssd");
    Path mixed = temporary.resolve("mixed");
    NodeIdentity identity = new NodeIdentity(1, 2, 3);
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      new TierProbe(database.tier(), WriteHistory.GEOMETRY, WriteFence.OPEN).accept(1, 1, 1, whole);
      database.tier().flush();
      TestFolders.copy(directory, mixed);
      database.tier().remove(1, 1);
      database.tier().flush();
      database.records().put(new FileRecord(1, 1, new FileVersion(identity, 1, 1, 2), 0));
      // The tables from before the removal, the log from after it: what lay between is gone.
      for (Path file : TestFolders.files(mixed)) {
        if (isLog(file)) {
          Files.delete(file);
        }
      }
      Path newest =
          TestFolders.files(directory).stream().filter(SsdDamageTest::isLog).toList().getLast();
      Files.copy(newest, mixed.resolve(newest.getFileName()));
    }
    try (SsdDatabase database = WriteHistory.open(mixed, meters)) {
      assertThat(database.records().find(identity)).isEmpty();
      assertThat(database.tier().validGranules(1, 1, 1)).isZero();
    }
    assertThat(meters.counter("ssd.coldStarts").value()).isOne();
  }

  private static boolean isLog(Path file) {
    return file.toString().endsWith(".log");
  }

  /**
   * The negative control: read without RocksDB's checksums and without ours, the same damage gives
   * wrong bytes.
   */
  @Test
  void withoutVerificationTheDamageWouldBeServed() throws Exception {
    TestBlocks blocks = new TestBlocks(WriteHistory.GEOMETRY);
    long whole = WriteHistory.GEOMETRY.fullMask();
    Path directory = temporary.resolve("ssd");
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      new TierProbe(database.tier(), WriteHistory.GEOMETRY, WriteFence.OPEN).accept(1, 1, 1, whole);
    }
    Path blob =
        TestFolders.files(directory).stream()
            .filter(file -> file.toString().endsWith(".blob"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(blob);
    bytes[bytes.length / 2] ^= 1;
    Files.write(blob, bytes);

    byte[] raw = rawValue(directory, BlockHeader.key(1, 1));
    byte[] stored = Arrays.copyOfRange(raw, BlockHeader.BYTES, raw.length);
    assertThat(stored)
        .isNotEqualTo(blocks.bytes(1, 1, 1, whole))
        .hasSize(WriteHistory.GEOMETRY.blockSize());
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      assertThat(database.tier().lookup(1, 1, whole)).isEqualTo(new Lookup.Corrupt(1, 1));
      assertThat(database.tier().lookup(1, 1, whole)).isInstanceOf(Lookup.Miss.class);
    }
    assertThat(meters.counter("integrity.checksumFailures").value()).isOne();
  }

  private static byte[] rawValue(Path directory, byte[] key) throws RocksDBException {
    List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
    for (byte[] name :
        RocksDB.listColumnFamilies(new org.rocksdb.Options(), directory.toString())) {
      descriptors.add(new ColumnFamilyDescriptor(name));
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try (DBOptions options = new DBOptions();
        ReadOptions unverified = new ReadOptions().setVerifyChecksums(false);
        RocksDB database = RocksDB.open(options, directory.toString(), descriptors, handles)) {
      byte[] value = database.get(handles.get(RocksStore.Family.BLOCKS.ordinal()), unverified, key);
      handles.forEach(ColumnFamilyHandle::close);
      return value;
    }
  }
}
