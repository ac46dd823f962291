package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A control group whose processes may use so much memory and no more, the page cache that they fill
 * included (memory, version 1). Needs root.
 *
 * @param group its directory
 */
record MemoryGroup(Path group) {
  private static final Path GROUPS = Path.of("/sys/fs/cgroup/memory");

  /** Whether this machine and user can have one. */
  static boolean isPossible() {
    return Files.isWritable(GROUPS) && Files.exists(GROUPS.resolve("memory.limit_in_bytes"));
  }

  /** Makes the group of a place; that takes it away too. */
  static MemoryGroup create(WorkPlace place, long bytesMax) throws IOException {
    Path group = Files.createDirectory(GROUPS.resolve(place.name()));
    Files.writeString(group.resolve("memory.limit_in_bytes"), Long.toString(bytesMax));
    return new MemoryGroup(group);
  }

  /** Takes away the group of this name, whose processes have ended, if there is one. */
  static void remove(String groupName) throws IOException {
    Path group = GROUPS.resolve(groupName);
    if (Files.isDirectory(group)) {
      Commands.run(List.of("rmdir", group.toString()));
    }
  }

  /** Starts a program, and its children, in the group. */
  List<String> prefix() {
    return List.of("sh", "-c", "echo $$ >'" + group + "/cgroup.procs' && exec \"$@\"", "sh");
  }

  /** The most that its processes ever used. */
  long bytesMaxSeen() throws IOException {
    return Long.parseLong(Files.readString(group.resolve("memory.max_usage_in_bytes")).strip());
  }

  /** How often the kernel killed a process of the group for want of memory. */
  long killCount() throws IOException {
    String key = "oom_kill ";
    for (String line : Files.readAllLines(group.resolve("memory.oom_control"))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()));
      }
    }
    throw new IOException("no " + key + "in " + group);
  }
}
