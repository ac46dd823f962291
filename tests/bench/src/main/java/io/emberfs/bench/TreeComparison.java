package io.emberfs.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The SHA-256 of every file of a tree, taken once from the truth and compared with what mounts
 * show.
 */
final class TreeComparison {
  private static final int BUFFER_SIZE = 1 << 20;

  private final Map<String, String> truth;

  /** Reads the true tree. */
  TreeComparison(Path root) throws IOException {
    truth = digests(root);
  }

  int fileCount() {
    return truth.size();
  }

  /**
   * @throws IOException naming the first file that differs, is missing or is too many
   */
  void check(Path root) throws IOException {
    Map<String, String> seen = digests(root);
    for (Map.Entry<String, String> file : truth.entrySet()) {
      if (!file.getValue().equals(seen.remove(file.getKey()))) {
        throw new IOException(
            "WRONG BYTES: " + root.resolve(file.getKey()) + " differs from the backing");
      }
    }
    if (!seen.isEmpty()) {
      throw new IOException("WRONG NAMES: the backing has no " + seen.keySet().iterator().next());
    }
  }

  private static Map<String, String> digests(Path root) throws IOException {
    Map<String, String> digests = new TreeMap<>();
    byte[] buffer = new byte[BUFFER_SIZE];
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        digests.put(root.relativize(file).toString(), digest(file, buffer));
      }
    }
    return digests;
  }

  private static String digest(Path file, byte[] buffer) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException cause) {
      throw new AssertionError("every Java has SHA-256", cause);
    }
  }
}
