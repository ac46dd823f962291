package io.emberfs.persistence.ssd;

import io.emberfs.persistence.ssd.RocksStore.Family;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactionOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening of the database: its native objects, which live and end together. {@link RocksStore}
 * sees that nobody uses it while it is closed.
 */
final class RocksConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RocksConnection.class);

  private final RocksSettings settings;
  private final RocksDB database;
  private final List<ColumnFamilyHandle> families;

  private RocksConnection(
      RocksSettings settings, RocksDB database, List<ColumnFamilyHandle> families) {
    this.settings = settings;
    this.database = database;
    this.families = families;
  }

  /**
   * Opens the database in a folder, making an empty one if there is none.
   *
   * @throws RocksDBException if what lies there cannot be opened; nothing stays open then
   */
  static RocksConnection open(DatabaseFolder folder) throws RocksDBException {
    RocksSettings settings = new RocksSettings();
    try {
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB database =
          RocksDB.open(
              settings.database(folder.takesDirectWrites()),
              folder.directory().toString(),
              families(settings),
              handles);
      return new RocksConnection(settings, database, handles);
    } catch (RocksDBException | RuntimeException failure) {
      settings.close();
      throw failure;
    }
  }

  /**
   * Opens the database that lies in a folder to be looked at: what its logs hold is there, and
   * nothing in the folder changes.
   *
   * @throws RocksDBException if what lies there cannot be opened; nothing stays open then
   */
  static RocksConnection openToLook(DatabaseFolder folder) throws RocksDBException {
    RocksSettings settings = new RocksSettings();
    try {
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB database =
          RocksDB.openReadOnly(
              settings.database(false), folder.directory().toString(), families(settings), handles);
      return new RocksConnection(settings, database, handles);
    } catch (RocksDBException | RuntimeException failure) {
      settings.close();
      throw failure;
    }
  }

  private static List<ColumnFamilyDescriptor> families(RocksSettings settings) {
    List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
    for (Family family : Family.values()) {
      descriptors.add(
          new ColumnFamilyDescriptor(
              family.bytes(), family == Family.BLOCKS ? settings.blocks() : settings.small()));
    }
    return descriptors;
  }

  /**
   * Whether an opening failed for what the device did, and may succeed another time; a file that is
   * not there will not come back.
   */
  static boolean isOfDevice(RocksDBException failure) {
    Status status = failure.getStatus();
    return status != null
        && status.getCode() == Status.Code.IOError
        && !String.valueOf(failure.getMessage()).contains("No such file");
  }

  RocksSettings settings() {
    return settings;
  }

  RocksDB database() {
    return database;
  }

  List<ColumnFamilyHandle> families() {
    return families;
  }

  ColumnFamilyHandle handle(Family family) {
    return families.get(family.ordinal());
  }

  /** Write buffers that wait for the disk. */
  long immutableCount() throws RocksDBException {
    return database.getAggregatedLongProperty("rocksdb.num-immutable-mem-table");
  }

  /** Whether a flush or compaction failed since the opening. */
  boolean hasBackgroundErrors() throws RocksDBException {
    return database.getLongProperty("rocksdb.background-errors") > 0;
  }

  /** Bytes of all table and blob files, obsolete ones that are still there included. */
  long diskBytes() throws RocksDBException {
    return database.getAggregatedLongProperty("rocksdb.total-sst-files-size")
        + database.getAggregatedLongProperty("rocksdb.total-blob-file-size");
  }

  /**
   * Compacts the tables of the blocks, which also rewrites the older blob files without what is
   * dead. Waits.
   */
  void collectGarbage() {
    List<String> files = new ArrayList<>();
    int bottom = 1;
    for (LiveFileMetaData file : database.getLiveFilesMetaData()) {
      if (new String(file.columnFamilyName(), StandardCharsets.US_ASCII).equals("blocks")) {
        files.add(file.fileName());
        bottom = Math.max(bottom, file.level());
      }
    }
    if (files.isEmpty()) {
      return;
    }
    try (CompactionOptions options = new CompactionOptions()) {
      database.compactFiles(options, handle(Family.BLOCKS), files, bottom, -1, null);
    } catch (RocksDBException refused) {
      // A compaction in the background has some of the files; it collects as well, and the next
      // call sees the rest.
      LOG.debug("ssd: no collection now: {}", refused.getMessage());
    }
  }

  @Override
  public void close() {
    database.cancelAllBackgroundWork(true);
    families.forEach(ColumnFamilyHandle::close);
    database.close();
    settings.close();
  }
}
