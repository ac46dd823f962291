package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Meters;
import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * What a look at the database of a state directory found, while no daemon has it. The look changes
 * nothing in the folder and needs no backing; memory is bounded, whatever lies there.
 */
public final class DatabaseCheck {
  private final DatabaseFolder folder;
  private final List<String> problems = new ArrayList<>();
  private BlockWalk.Result blocks = BlockWalk.Result.NONE;
  private FileRecordWalk.Result records = FileRecordWalk.Result.NONE;

  /** Whether a mount would begin anew, or so much is bad that it had better. */
  private boolean isUnusable;

  private DatabaseCheck(Path directory) {
    folder = new DatabaseFolder(directory);
  }

  /**
   * Looks at the database in a folder, which may not be there.
   *
   * @throws IOException if the library cannot be loaded, or the folder cannot be listed
   */
  public static DatabaseCheck of(Path directory) throws IOException {
    DatabaseCheck check = new DatabaseCheck(directory);
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && !check.folder.isEmpty()) {
      SsdDatabase.loadLibrary();
      check.look();
    }
    return check;
  }

  /** What is wrong, a line for each kind; empty if nothing is. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** Blocks that would be served. */
  public long blockCount() {
    return blocks.goodCount();
  }

  /** Stored bytes of those blocks. */
  public long storedBytes() {
    return blocks.goodBytes();
  }

  /** File records that would be believed. */
  public long fileRecordCount() {
    return records.goodCount();
  }

  /**
   * Takes out what is bad; where the database as a whole is, all of it. What is whole stays. The
   * caller sees that no daemon has the state directory.
   *
   * @return what was done, a line for each step
   * @throws IOException if that could not be done whole; what was done stays
   */
  public List<String> repair() throws IOException {
    if (isUnusable) {
      folder.wipe();
      return List.of("removed the whole database: the next mount begins an empty one");
    }
    if (blocks.bad().all().isEmpty() && records.bad().all().isEmpty()) {
      return List.of();
    }
    try {
      remove();
    } catch (RocksDBException failure) {
      throw new IOException("the database: " + failure.getMessage(), failure);
    }
    List<String> done = new ArrayList<>();
    if (!blocks.bad().all().isEmpty()) {
      done.add("removed the blocks that are bad or of no use");
    }
    if (!records.bad().all().isEmpty()) {
      done.add("removed the bad file records: %d".formatted(records.badCount()));
    }
    return done;
  }

  private void remove() throws RocksDBException {
    try (RocksStore store = RocksStore.open(folder, new Meters())) {
      if (!store.resume()) {
        throw new RocksDBException("a log of it is missing");
      }
      for (KeyRanges.Range range : blocks.bad().all()) {
        try (WriteBatch batch = new WriteBatch()) {
          batch.deleteRange(store.handle(Family.BLOCKS), range.from(), range.to());
          batch.deleteRange(store.handle(Family.INDEX), range.from(), range.to());
          store.write(batch, Durability.LOGGED);
        }
      }
      for (KeyRanges.Range range : records.bad().all()) {
        try (WriteBatch batch = new WriteBatch()) {
          batch.deleteRange(store.handle(Family.FILES), range.from(), range.to());
          store.write(batch, Durability.LOGGED);
        }
      }
      store.flush();
      // Otherwise a compaction could meet a bad value without the removal that covers it.
      store.collectGarbage();
    }
  }

  private void look() throws IOException {
    if (!folder.isTrusted()) {
      unusable("it was marked as outdated, or is not whole");
    } else if (!folder.canBeOpened()) {
      unusable("a log of it is damaged in a way that RocksDB does not recover from");
    } else {
      try (RocksConnection opened = RocksConnection.openToLook(folder)) {
        look(opened);
      } catch (RocksDBException failure) {
        failed(failure);
      }
    }
  }

  private void look(RocksConnection opened) throws RocksDBException, IOException {
    if (!RocksStore.isWithoutGap(opened)) {
      unusable("a log of it is missing");
      return;
    }
    Optional<BlockGeometry> geometry = geometry(opened);
    if (geometry.isEmpty()) {
      unusable("its identity is damaged");
      return;
    }
    opened.database().verifyChecksum();
    blocks = BlockWalk.of(opened, geometry.get());
    records = FileRecordWalk.of(opened);
    problems.addAll(blocks.problems());
    problems.addAll(records.problems());
    if (blocks.bad().isFull() || records.bad().isFull()) {
      unusable("so much of it is bad that only removing all of it mends it");
    }
  }

  private static Optional<BlockGeometry> geometry(RocksConnection opened) throws RocksDBException {
    byte[] bytes =
        opened.database().get(opened.handle(Family.META), opened.settings().sweep, FileNumbers.KEY);
    DatabaseIdentity identity = bytes == null ? null : DatabaseIdentity.read(bytes);
    try {
      return Optional.ofNullable(identity).map(known -> new BlockGeometry(known.blockSize()));
    } catch (IllegalArgumentException noBlockSize) {
      return Optional.empty();
    }
  }

  /** What the device does not give may be whole, and is not thrown away. */
  private void failed(RocksDBException failure) throws IOException {
    if (RocksConnection.isOfDevice(failure)) {
      throw new FileSystemException(
          folder.directory().toString(), null, String.valueOf(failure.getMessage()));
    }
    unusable(String.valueOf(failure.getMessage()));
  }

  private void unusable(String why) {
    isUnusable = true;
    problems.add("a mount cannot rely on the database: " + why);
  }
}
