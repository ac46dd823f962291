package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel says of mounts, loop devices and processes, without touching any of them. */
final class SystemTables {
  private static final int MOUNT_POINT_FIELD = 4;
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  private SystemTables() {}

  /** Mount points at or below a place, in the order in which they were mounted. */
  static List<Path> mountPointsBelow(Path place) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .map(line -> Path.of(unescaped(line.split(" ")[MOUNT_POINT_FIELD])))
        .filter(mountPoint -> mountPoint.startsWith(place))
        .toList();
  }

  /** Loop devices whose image lies below a place. */
  static List<String> loopDevicesBelow(Path place) throws IOException, InterruptedException {
    return Program.succeed("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE")
        .lines()
        .map(line -> line.trim().split("\\s+", 2))
        .filter(fields -> fields.length == 2 && Path.of(fields[1]).startsWith(place))
        .map(fields -> fields[0])
        .toList();
  }

  /** Whether a process is there and has not ended; one that nobody has waited for has ended. */
  static boolean isRunning(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return !stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException gone) {
      return false;
    }
  }

  /** CPU time that a process has used, in ticks: fields 14 and 15 of proc(5), stat. */
  static long cpuTicksOf(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /** Processes that have an open file, a working directory or a mapped file below a place. */
  static List<Long> usersOf(Path place) {
    return ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(pid -> holdsBelow(pid, place))
        .toList();
  }

  private static boolean holdsBelow(long pid, Path place) {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return descriptors.anyMatch(descriptor -> linkIsBelow(descriptor, place))
          || linkIsBelow(Path.of("/proc/" + pid + "/cwd"), place);
    } catch (IOException gone) {
      return false;
    }
  }

  private static boolean linkIsBelow(Path link, Path place) {
    try {
      return Files.readSymbolicLink(link).startsWith(place);
    } catch (IOException gone) {
      return false;
    }
  }

  private static String unescaped(String field) {
    return OCTAL
        .matcher(field)
        .replaceAll(match ->
            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 8))));
  }
}
