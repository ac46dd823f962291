package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteFence;
import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

final class DatabaseCheckTest {
  private static final long FILE = 9;
  private static final int BLOCKS = 20;
  private static final long GENERATION = 3;
  private static final long WHOLE = WriteHistory.GEOMETRY.fullMask();
  private static final int RECORDS = 4;

  @TempDir private Path temporary;
  private Path directory;
  private BlockMeta one;

  @BeforeEach
  void fill() throws IOException {
    directory = temporary.resolve("ssd");
    try (SsdDatabase database = WriteHistory.open(directory, new Meters())) {
      TierProbe probe = new TierProbe(database.tier(), WriteHistory.GEOMETRY, WriteFence.OPEN);
      for (long block = 0; block < BLOCKS; block++) {
        one = probe.accept(FILE, block, GENERATION, WHOLE);
      }
      for (long inode = 0; inode < RECORDS; inode++) {
        database
            .records()
            .put(
                new FileRecord(
                    FILE + inode,
                    GENERATION,
                    new FileVersion(new NodeIdentity(1, inode, 1), 1, 2, 3),
                    0));
      }
    }
  }

  @Test
  void aWholeDatabaseIsCountedAndNoByteOfItChanges() throws IOException {
    Map<String, String> before = contents();

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems()).isEmpty();
    assertThat(check.blockCount()).isEqualTo(BLOCKS);
    assertThat(check.storedBytes()).isEqualTo((long) BLOCKS * one.storedSize());
    assertThat(check.fileRecordCount()).isEqualTo(RECORDS);
    assertThat(contents()).isEqualTo(before);
    assertThat(check.repair()).isEmpty();
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void whatAKilledProcessLeftIsWholeAndNoByteOfItChanges() throws Exception {
    Seeds.check(random -> {
      directory = temporary.resolve("dead");
      WriteHistory.liveAndDie(directory, random.nextLong(), 400);
      Map<String, String> before = contents();

      DatabaseCheck check = DatabaseCheck.of(directory);

      assertThat(check.problems()).isEmpty();
      assertThat(contents()).isEqualTo(before);
      try (SsdDatabase database = WriteHistory.open(directory, new Meters())) {
        assertThat(check.blockCount()).isPositive().isEqualTo(database.tier().blockCount());
        assertThat(check.fileRecordCount()).isEqualTo(database.fileRecordCount());
      }
    });
  }

  @Test
  void noDatabaseAndAnEmptyFolderHaveNoProblem() throws IOException {
    assertThat(DatabaseCheck.of(temporary.resolve("absent")).problems()).isEmpty();
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    assertThat(DatabaseCheck.of(empty).problems()).isEmpty();
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  void aTurnedBitInABlobCostsOneBlock() throws IOException {
    Path blob = file(".blob");
    byte[] bytes = Files.readAllBytes(blob);
    bytes[bytes.length / 2] ^= 1;
    Files.write(blob, bytes);
    Map<String, String> before = contents();

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems()).containsExactly("blocks that the database does not give whole: 1");
    assertThat(check.blockCount()).isEqualTo(BLOCKS - 1);
    assertThat(contents()).isEqualTo(before);
    assertThat(check.repair()).containsExactly("removed the blocks that are bad or of no use");
    assertRepaired(BLOCKS - 1);
  }

  @Test
  void aBlobFileThatIsGoneCostsItsBlocks() throws IOException {
    Files.delete(file(".blob"));

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems()).isNotEmpty();
    assertThat(check.repair()).isNotEmpty();
    assertRepaired(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {".sst", "MANIFEST", "CURRENT", "TRUSTED"})
  void damageOfTheDatabaseItselfCostsAllOfIt(String name) throws IOException {
    Path victim = file(name);
    byte[] bytes = Files.readAllBytes(victim);
    bytes[Math.min(20, bytes.length / 2)] ^= 4;
    Files.write(victim, bytes);
    Map<String, String> before = contents();

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems())
        .singleElement()
        .asString()
        .startsWith("a mount cannot rely on the database: ");
    assertThat(contents()).isEqualTo(before);
    assertThat(check.repair())
        .containsExactly("removed the whole database: the next mount begins an empty one");
    assertThat(DatabaseCheck.of(directory).problems()).isEmpty();
    Meters meters = new Meters();
    WriteHistory.open(directory, meters).close();
    assertThat(meters.counter("ssd.coldStarts").value()).isZero();
  }

  @Test
  void whatIndexAndBlocksDoNotAgreeOnIsNamedAndRemoved() throws Exception {
    change((store, batch) -> {
      batch.delete(store.handle(Family.BLOCKS), key(0));
      batch.delete(store.handle(Family.BLOCKS), key(1));
      batch.delete(store.handle(Family.INDEX), key(5));
      batch.put(store.handle(Family.INDEX), key(7), new byte[BlockHeader.BYTES]);
      batch.put(store.handle(Family.BLOCKS), key(9), value(8, 0));
      batch.put(store.handle(Family.BLOCKS), key(10), value(10, 1));
      batch.put(store.handle(Family.BLOCKS), key(11), new byte[3]);
      batch.put(store.handle(Family.INDEX), key(12), header(12, GENERATION + 1));
      batch.put(store.handle(Family.BLOCKS), key(BLOCKS + 5), value(BLOCKS + 5, 0));
    });

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems())
        .containsExactlyInAnyOrder(
            "blocks that are in the index and not there: 2",
            "blocks that are there and not in the index: 2",
            "blocks that have a damaged entry in the index: 1",
            "blocks that do not match their key or checksum: 3",
            "blocks that are described otherwise by the index: 1");
    assertThat(check.blockCount()).isEqualTo(BLOCKS - 8);
    assertThat(check.repair()).hasSize(1);
    assertRepaired(BLOCKS - 8);
  }

  @Test
  void fileRecordsThatDoNotVerifyAreRemovedAndNoOther() throws Exception {
    byte[] alien = FileRecordFormat.key(new NodeIdentity(1, 2, 77));
    change((store, batch) -> {
      batch.put(store.handle(Family.FILES), alien, new byte[FileRecordFormat.BYTES]);
      batch.put(
          store.handle(Family.FILES),
          FileRecordFormat.key(new NodeIdentity(1, 1, 1)),
          new byte[] {1});
    });

    DatabaseCheck check = DatabaseCheck.of(directory);

    assertThat(check.problems())
        .containsExactly("file records that do not match their key or checksum: 2");
    assertThat(check.repair()).containsExactly("removed the bad file records: 2");
    DatabaseCheck after = DatabaseCheck.of(directory);
    assertThat(after.problems()).isEmpty();
    assertThat(after.fileRecordCount()).isEqualTo(RECORDS - 1);
    assertThat(after.blockCount()).isEqualTo(BLOCKS);
  }

  /** An orphan that cannot be read: the iterator stands still before the blocks that are whole. */
  @Test
  void anUnreadableBlockThatTheIndexDoesNotKnowHidesNoOther() throws Exception {
    for (long hidden : new long[] {0, BLOCKS / 2, BLOCKS - 1}) {
      directory = temporary.resolve("ssd" + hidden);
      TestFolders.copy(temporary.resolve("ssd"), directory);
      turnABitOf(hidden);
      change((store, batch) -> batch.delete(store.handle(Family.INDEX), key(hidden)));

      DatabaseCheck check = DatabaseCheck.of(directory);

      assertThat(check.problems()).containsExactly("blocks that are there and not in the index: 1");
      assertThat(check.blockCount()).as("hidden %d", hidden).isEqualTo(BLOCKS - 1);
      assertThat(check.repair()).hasSize(1);
      assertRepaired(BLOCKS - 1);
    }
  }

  @Test
  void anIdentityThatIsNoneCostsAllOfIt() throws Exception {
    for (byte[] identity : List.of(new byte[3], new DatabaseIdentity(12345, 1).write())) {
      change((store, batch) -> batch.put(store.handle(Family.META), FileNumbers.KEY, identity));
      assertThat(DatabaseCheck.of(directory).problems())
          .containsExactly("a mount cannot rely on the database: its identity is damaged");
    }
  }

  @Test
  void anyDamageIsFoundOrHarmlessAndARepairLeavesNone() throws Exception {
    Seeds.check(random -> {
      Path pristine = temporary.resolve("ssd");
      int foundCount = 0;
      for (int round = 0; round < 40; round++) {
        directory = TestFolders.copy(pristine, temporary.resolve("damaged"));
        List<Path> files = TestFolders.files(directory);
        Path victim = files.get(random.nextInt(files.size()));
        byte[] bytes = Files.readAllBytes(victim);
        if (bytes.length > 0) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
          Files.write(victim, bytes);
        }
        DatabaseCheck check = DatabaseCheck.of(directory);
        foundCount += check.problems().isEmpty() ? 0 : 1;
        List<String> _ = check.repair();
        assertThat(DatabaseCheck.of(directory).problems())
            .as("after the repair of %s, which had %s", victim, check.problems())
            .isEmpty();
        Meters meters = new Meters();
        WriteHistory.open(directory, meters).close();
        assertThat(meters.counter("ssd.coldStarts").value()).as("%s", victim).isZero();
        TestFolders.delete(directory);
      }
      assertThat(foundCount).isPositive();
    });
  }

  private void assertRepaired(long blockCount) throws IOException {
    DatabaseCheck after = DatabaseCheck.of(directory);
    assertThat(after.problems()).isEmpty();
    assertThat(after.blockCount()).isEqualTo(blockCount);
    Meters meters = new Meters();
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      assertThat(database.tier().blockCount()).isEqualTo(blockCount);
      while (database.tier().scrub(Long.MAX_VALUE, (_, _) -> {}) > 0) {}
    }
    assertThat(meters.counter("integrity.checksumFailures").value()).isZero();
    assertThat(meters.counter("ssd.coldStarts").value()).isZero();
  }

  private void change(Change change) throws RocksDBException {
    try (RocksStore store = RocksStore.open(new DatabaseFolder(directory), new Meters());
        WriteBatch batch = new WriteBatch()) {
      assertThat(store.resume()).isTrue();
      change.fill(store, batch);
      store.write(batch, Durability.LOGGED);
    }
  }

  @FunctionalInterface
  private interface Change {
    void fill(RocksStore store, WriteBatch batch) throws RocksDBException;
  }

  /** In the middle of the stored bytes of a block. */
  private void turnABitOf(long block) throws IOException {
    Path blob = file(".blob");
    byte[] bytes = Files.readAllBytes(blob);
    byte[] key = key(block);
    int at = 0;
    while (!java.util.Arrays.equals(bytes, at, at + key.length, key, 0, key.length)) {
      at++;
    }
    bytes[at + one.storedSize() / 2] ^= 1;
    Files.write(blob, bytes);
  }

  private static byte[] key(long block) {
    return BlockHeader.key(FILE, block);
  }

  private byte[] header(long block, long generation) {
    ByteBuffer target = ByteBuffer.allocate(BlockHeader.BYTES);
    BlockHeader.write(meta(block, generation), target);
    return target.array();
  }

  /** A value of zeros whose header says so, plus something. */
  private byte[] value(long block, int wrong) {
    BlockMeta meta = meta(block, GENERATION);
    byte[] value = new byte[BlockHeader.BYTES + meta.storedSize()];
    System.arraycopy(header(block, GENERATION), 0, value, 0, BlockHeader.BYTES);
    value[value.length - 1] = (byte) wrong;
    return value;
  }

  private BlockMeta meta(long block, long generation) {
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(new byte[one.storedSize()]);
    return new BlockMeta(
        FILE,
        block,
        generation,
        one.codecId(),
        one.rawSize(),
        one.storedSize(),
        (int) crc.getValue(),
        one.validGranules(),
        one.writeSequence());
  }

  private Path file(String part) throws IOException {
    return TestFolders.files(directory).stream()
        .filter(file -> file.getFileName().toString().contains(part))
        .findFirst()
        .orElseThrow();
  }

  /** Names with times of change and bytes. */
  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (Path file : TestFolders.files(directory)) {
      contents.put(
          file.getFileName().toString(),
          Files.getLastModifiedTime(file)
              + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    }
    return contents;
  }
}
