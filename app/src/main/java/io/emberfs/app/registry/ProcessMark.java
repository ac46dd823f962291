package io.emberfs.app.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which process this is, also after its number was given to another one.
 *
 * @param pid process number
 * @param startTicks when it began, in clock ticks since the machine's start (proc(5), stat, field
 *     22)
 */
public record ProcessMark(long pid, long startTicks) {
  /** Fields of {@code stat} behind the name, which may itself hold spaces and brackets. */
  private static final int STATE_FIELD = 0;

  private static final int START_FIELD = 19;

  /** The calling process. */
  public static ProcessMark ownProcess() {
    long pid = ProcessHandle.current().pid();
    return find(pid).orElseThrow(() -> new AssertionError("/proc has no entry of this process"));
  }

  /** Whether the process is still there and not a zombie. */
  public boolean isAlive() {
    return find(pid).filter(this::equals).isPresent();
  }

  private static Optional<ProcessMark> find(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return fields[STATE_FIELD].equals("Z")
          ? Optional.empty()
          : Optional.of(new ProcessMark(pid, Long.parseLong(fields[START_FIELD])));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }
}
