package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MachineMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How large the tiers may become; 0 switches one off.
 *
 * @param ramBytes of the RAM tier
 * @param ramBytesMax of the RAM tier, later
 * @param ssdBytes of the SSD tier
 */
record TierBudgets(long ramBytes, long ramBytesMax, long ssdBytes) {
  private static final long RAM_DEFAULT_MAX = 4L << 30;
  private static final long RAM_MIN = 8L << 20;
  private static final long SSD_DEFAULT = 20L << 30;
  private static final long SSD_MIN = 64L << 20;
  private static final int RAM_PERCENT_MAX = 75;
  private static final int DISK_PERCENT_MAX = 90;

  /** What the index of the most costs is taken from what is there now. */
  private static final int RAM_MAX_FACTOR = 16;

  static TierBudgets of(MountArguments arguments, MachineMemory memory, Path stateDirectory)
      throws Refusal, IOException {
    long ramBytes = ramBytes(arguments.ram(), memory);
    return new TierBudgets(
        ramBytes,
        ramBytesMax(arguments.ramMax(), ramBytes, memory),
        ssdBytes(arguments.ssd(), usableDiskBytes(stateDirectory), stateDirectory));
  }

  static long ramBytes(@Nullable String text, MachineMemory memory) throws Refusal {
    return text == null
        ? Math.max(RAM_MIN, Math.min(RAM_DEFAULT_MAX, memory.availableBytes() / 4))
        : ramBytes("--ram", text, memory);
  }

  static long ramBytesMax(@Nullable String text, long ramBytes, MachineMemory memory)
      throws Refusal {
    if (text == null) {
      return ramBytes;
    }
    long bytes = ramBytes("--ram-max", text, memory);
    if (bytes < ramBytes || bytes > RAM_MAX_FACTOR * ramBytes) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --ram-max " + text,
          ramBytes == 0
              ? "the RAM tier is off"
              : "it is not within one and " + RAM_MAX_FACTOR + " times --ram",
          ramBytes == 0
              ? "give a --ram to begin with, or leave it out"
              : "give a size from "
                  + ByteSize.format(ramBytes)
                  + " to "
                  + ByteSize.format(RAM_MAX_FACTOR * ramBytes));
    }
    return bytes;
  }

  private static long ramBytes(String option, String text, MachineMemory memory) throws Refusal {
    long bytes =
        text.equals("off") ? 0 : ByteSize.parseOrShare(option, text, memory.availableBytes());
    long most = memory.limitBytes() / 100 * RAM_PERCENT_MAX;
    if (bytes > most) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use " + option + " " + text,
          "the memory limit of this process is " + ByteSize.format(memory.limitBytes()),
          "give at most " + (most >> 20) + "M, or a share such as " + option + " 25%");
    }
    return atLeast(option, text, bytes, RAM_MIN);
  }

  static long ssdBytes(@Nullable String text, long usableBytes, Path stateDirectory)
      throws Refusal {
    long most = usableBytes / 100 * DISK_PERCENT_MAX;
    boolean off = text != null && (text.equals("off") || text.equals("0"));
    if (!off && most < SSD_MIN) {
      throw new Refusal(
          ExitCode.CONFIGURATION,
          "cannot use the state directory " + stateDirectory,
          "its disk has room for " + ByteSize.format(usableBytes) + " only",
          "free some space, give another --state-dir, or --ssd off");
    }
    if (text == null) {
      return Math.min(SSD_DEFAULT, most);
    }
    long bytes = off ? 0 : ByteSize.parse("--ssd", text);
    if (bytes > most) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --ssd " + text,
          "the disk of " + stateDirectory + " has room for " + ByteSize.format(usableBytes),
          "give at most " + (most >> 20) + "M, or another --state-dir");
    }
    return atLeast("--ssd", text, bytes, SSD_MIN);
  }

  private static long atLeast(String option, String text, long bytes, long least) throws Refusal {
    if (bytes > 0 && bytes < least) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use " + option + " " + text,
          "it is too small to be of use",
          "give at least " + ByteSize.format(least) + ", or off");
    }
    return bytes;
  }

  /** Free bytes of the disk, and what an earlier run of the same state directory already holds. */
  private static long usableDiskBytes(Path stateDirectory) throws IOException {
    Path existing = stateDirectory;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    return Files.isDirectory(stateDirectory) ? free + heldBytes(stateDirectory) : free;
  }

  private static long heldBytes(Path stateDirectory) throws IOException {
    if (!Files.isReadable(stateDirectory)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(stateDirectory)) {
      return files.mapToLong(file -> file.toFile().isFile() ? file.toFile().length() : 0).sum();
    } catch (UncheckedIOException vanished) {
      // Somebody deletes files meanwhile: what they hold is about to be free space.
      return 0;
    }
  }
}
