package io.emberfs.persistence.ssd;

import io.emberfs.core.FileRecord;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** One walk through the file records of a database: each is verified against its key. */
final class FileRecordWalk {
  private FileRecordWalk() {}

  /**
   * What a walk found.
   *
   * @param goodCount records that would be believed
   * @param badCount those that would not
   * @param bad their keys
   */
  record Result(long goodCount, long badCount, KeyRanges bad) {
    static final Result NONE = new Result(0, 0, new KeyRanges());

    /** A line for each kind of what is wrong. */
    List<String> problems() {
      return badCount == 0
          ? List.of()
          : List.of("file records that do not match their key or checksum: %d".formatted(badCount));
    }
  }

  /**
   * Walks through all of them.
   *
   * @throws RocksDBException if they cannot be read
   */
  static Result of(RocksConnection opened) throws RocksDBException {
    KeyRanges bad = new KeyRanges();
    long goodCount = 0;
    long badCount = 0;
    try (RocksIterator iterator =
        opened.database().newIterator(opened.handle(Family.FILES), opened.settings().sweep)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        byte[] key = iterator.key();
        FileRecord record = FileRecordFormat.read(iterator.value());
        if (record != null
            && Arrays.equals(key, FileRecordFormat.key(record.version().identity()))) {
          goodCount++;
        } else {
          badCount++;
          bad.add(key, KeyRanges.behind(key));
        }
      }
      iterator.status();
    }
    return new Result(goodCount, badCount, bad);
  }
}
