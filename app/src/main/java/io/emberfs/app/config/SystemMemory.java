package io.emberfs.app.config;

import io.emberfs.core.MemoryProbe;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory of this machine, and what the control groups of this process leave of it: those of
 * version 1 and 2, with all groups above them, for the tightest counts.
 *
 * <p>Formats: proc_meminfo(5), cgroups(7), the kernel's {@code cgroup-v1/memory.rst}, {@code
 * cgroup-v2.rst} and {@code psi.rst}. Any thread may read.
 */
public final class SystemMemory implements MemoryProbe {
  private static final String MACHINE = "this machine";
  private static final int TABLE_BYTES_MAX = 1 << 14;

  private final Path memoryTable;
  private final Path pressure;
  private final List<Group> groups = new ArrayList<>();

  /** This process on this machine. */
  public SystemMemory() {
    this(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
  }

  /**
   * @param proc where proc(5) is mounted
   * @param controlGroups where cgroups(7) are
   */
  SystemMemory(Path proc, Path controlGroups) {
    memoryTable = proc.resolve("meminfo");
    Path ownPressure = proc.resolve("pressure/memory");
    for (String line : text(proc.resolve("self/cgroup")).split("\n")) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      if (parts[1].isEmpty()) {
        Path unified = controlGroups.resolve("unified");
        Path root = Files.isDirectory(unified) ? unified : controlGroups;
        Path group = addGroups(root, parts[2], Group.VERSION_2);
        if (Files.isReadable(group.resolve("memory.pressure"))) {
          ownPressure = group.resolve("memory.pressure");
        }
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        addGroups(controlGroups.resolve("memory"), parts[2], Group.VERSION_1);
      }
    }
    pressure = ownPressure;
  }

  @Override
  public Reading read() {
    List<Scope> scopes = new ArrayList<>();
    String table = text(memoryTable);
    long total = value(table, "MemTotal:", -1);
    long available = value(table, "MemAvailable:", -1);
    if (total > 0 && available >= 0) {
      scopes.add(new Scope(MACHINE, total << 10, available << 10));
    }
    for (Group group : groups) {
      Scope scope = group.read(total < 0 ? Long.MAX_VALUE : total << 10);
      if (scope != null) {
        scopes.add(scope);
      }
    }
    return new Reading(scopes, stalledMicros());
  }

  /**
   * Notes a group and those above it.
   *
   * @return the group's directory. From inside a container its own group is the root, whatever its
   *     name is outside.
   */
  private Path addGroups(Path root, String name, Group.Names names) {
    Path own = root.resolve(name.substring(1)).normalize();
    if (!own.startsWith(root) || !Files.isDirectory(own)) {
      own = root;
    }
    for (Path group = own; group != null && group.startsWith(root); group = group.getParent()) {
      groups.add(new Group(group, names));
    }
    return own;
  }

  private OptionalLong stalledMicros() {
    String table = text(pressure);
    int total = table.indexOf("total=");
    long micros =
        table.startsWith("some ") && total >= 0 ? number(table, total + "total=".length(), -1) : -1;
    return micros < 0 ? OptionalLong.empty() : OptionalLong.of(micros);
  }

  /** One group of cgroups(7). */
  private record Group(Path directory, Names names) {
    static final Names VERSION_1 =
        new Names(
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
            "total_active_file");
    static final Names VERSION_2 =
        new Names("memory.max", "memory.current", "inactive_file", "active_file");

    /** How its files, and the counts in {@code memory.stat}, are called. */
    record Names(String limit, String usage, String inactive, String active) {}

    /**
     * What it leaves; null if it has no limit below that of the machine. Half of the pages of files
     * that are in use count as available, all of the others.
     */
    @Nullable Scope read(long machineBytes) {
      long limit = number(text(directory.resolve(names.limit)), 0, -1);
      if (limit < 0 || limit >= machineBytes) {
        return null;
      }
      long usage = number(text(directory.resolve(names.usage)), 0, -1);
      if (usage < 0) {
        return null;
      }
      String counts = text(directory.resolve("memory.stat"));
      long reclaimable = value(counts, names.inactive, 0) + value(counts, names.active, 0) / 2;
      long available = Math.clamp(limit - usage + reclaimable, 0, limit);
      return new Scope("control group " + directory.getFileName(), limit, available);
    }
  }

  /** The number behind a name at a line's beginning. */
  private static long value(String table, String name, long otherwise) {
    int at = table.startsWith(name) ? 0 : table.indexOf("\n" + name) + 1;
    int end = at + name.length();
    boolean isThere =
        table.startsWith(name, at) && end < table.length() && table.charAt(end) == ' ';
    return isThere ? number(table, end, otherwise) : otherwise;
  }

  /** The digits that come next, behind spaces. Version 2 says "max" where there is no limit. */
  private static long number(String text, int from, long otherwise) {
    int begin = from;
    while (begin < text.length() && text.charAt(begin) == ' ') {
      begin++;
    }
    int end = begin;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    try {
      return Long.parseLong(text, begin, end, 10);
    } catch (NumberFormatException _) {
      return otherwise;
    }
  }

  /**
   * Empty where there is no such file: kernels differ, and groups come and go. Read again and again
   * for as long as a mount lives, so at one go and without regular expressions.
   */
  private static String text(Path file) {
    try (FileInputStream stream = new FileInputStream(file.toString())) {
      return new String(stream.readNBytes(TABLE_BYTES_MAX), StandardCharsets.ISO_8859_1);
    } catch (IOException _) {
      return "";
    }
  }
}
