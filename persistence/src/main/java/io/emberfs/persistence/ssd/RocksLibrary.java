package io.emberfs.persistence.ssd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Loads RocksDB's native library, once in a process, without unpacking it anywhere if its path is
 * known.
 */
final class RocksLibrary {
  private RocksLibrary() {}

  /**
   * Loads the library; does nothing if it is loaded.
   *
   * @param library the unpacked library under any name, or null to let RocksDB's loader look in
   *     {@code java.library.path} and then unpack its own
   * @param folder an existing folder of ours, where a link may be made for the length of the call
   * @throws IOException if it cannot be loaded
   */
  static void load(@Nullable Path library, Path folder) throws IOException {
    try {
      if (library == null) {
        RocksDB.loadLibrary();
      } else {
        loadByPath(library.toAbsolutePath(), folder);
      }
    } catch (RuntimeException | UnsatisfiedLinkError failure) {
      throw new IOException("cannot load RocksDB's library: " + failure.getMessage(), failure);
    }
  }

  // The loader takes folders, and derives a file name that its own jar does not use ("jni" comes
  // twice).
  private static void loadByPath(Path library, Path folder) throws IOException {
    if (!Files.isRegularFile(library)) {
      throw new IOException("RocksDB's library is not at " + library);
    }
    Path link = folder.resolve(Environment.getJniLibraryFileName("rocksdbjni"));
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, library);
    try {
      RocksDB.loadLibrary(List.of(folder.toAbsolutePath().toString()));
    } finally {
      Files.deleteIfExists(link);
    }
  }
}
