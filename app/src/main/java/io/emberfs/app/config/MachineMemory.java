package io.emberfs.app.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory this process may use.
 *
 * @param limitBytes the machine's memory, or the control group's limit if that is lower
 * @param availableBytes what is free or can be freed without swapping, at most {@code limitBytes}
 */
public record MachineMemory(long limitBytes, long availableBytes) {
  private static final Path MEMORY_TABLE = Path.of("/proc/meminfo");

  /** Control group limits of version 2 and version 1, as seen from inside a container. */
  private static final List<Path> GROUP_LIMITS =
      List.of(
          Path.of("/sys/fs/cgroup/memory.max"),
          Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

  /** This machine at this moment. */
  public static MachineMemory read() throws IOException {
    List<String> table = Files.readAllLines(MEMORY_TABLE);
    long limit = kilobytes(table, "MemTotal:") << 10;
    for (Path path : GROUP_LIMITS) {
      limit = Math.min(limit, groupLimit(path));
    }
    return new MachineMemory(limit, Math.min(limit, kilobytes(table, "MemAvailable:") << 10));
  }

  private static long kilobytes(List<String> table, String key) throws IOException {
    for (String line : table) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()).replace("kB", "").strip());
      }
    }
    throw new IOException(MEMORY_TABLE + " has no line " + key);
  }

  private static long groupLimit(Path path) throws IOException {
    if (!Files.isReadable(path)) {
      return Long.MAX_VALUE;
    }
    String text = Files.readString(path).strip();
    return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
  }
}
