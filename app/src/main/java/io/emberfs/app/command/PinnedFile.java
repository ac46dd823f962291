package io.emberfs.app.command;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One pin, as the daemon tells of it.
 *
 * @param text of its path below the mount point
 * @param sizeBytes of the file
 * @param cachedBytes of the file, by the tiers that it is pinned in
 */
record PinnedFile(String text, long sizeBytes, Map<String, Long> cachedBytes) {
  PinnedFile {
    cachedBytes = Map.copyOf(cachedBytes);
  }

  /** Reads one of a reply. */
  static PinnedFile of(Object row) throws IOException {
    if (row instanceof Map<?, ?> map
        && map.get("path") instanceof String text
        && map.get("sizeBytes") instanceof Number size
        && map.get("cachedBytes") instanceof Map<?, ?> cached) {
      Map<String, Long> bytes = new LinkedHashMap<>();
      cached.forEach((tier, value) -> {
        if (value instanceof Number number) {
          bytes.put(String.valueOf(tier), number.longValue());
        }
      });
      return new PinnedFile(text, size.longValue(), bytes);
    }
    throw new IOException("the daemon speaks another protocol");
  }

  /** Whether a tier in which the file is pinned lacks some of it. */
  boolean isMissedIn(String tier) {
    return cachedBytes.getOrDefault(tier, sizeBytes) < sizeBytes;
  }
}
