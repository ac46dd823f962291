package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MachineMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
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
 * @param keepFreeBytes what it leaves free of its disk
 */
record TierBudgets(long ramBytes, long ramBytesMax, long ssdBytes, long keepFreeBytes) {
  private static final long RAM_DEFAULT_MAX = 4L << 30;
  private static final long RAM_MIN = 8L << 20;
  private static final long SSD_DEFAULT = 20L << 30;
  private static final long SSD_MIN = 64L << 20;
  private static final int RAM_PERCENT_MAX = 75;
  private static final int DISK_PERCENT_MAX = 90;
  private static final long KEEP_FREE_DEFAULT_MAX = 10L << 30;
  private static final int KEEP_FREE_PERCENT = 5;

  /** What the index of the most costs is taken from what is there now. */
  private static final int RAM_MAX_FACTOR = 16;

  static TierBudgets of(MountArguments arguments, MachineMemory memory, Path stateDirectory)
      throws Refusal {
    long ramBytes = ramBytes(arguments.ram(), memory);
    Disk disk = Disk.of(stateDirectory);
    return new TierBudgets(
        ramBytes,
        ramBytesMax(arguments.ramMax(), ramBytes, memory),
        ssdBytes(arguments.ssd(), disk, stateDirectory),
        keepFreeBytes(arguments.keepFree(), disk));
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

  /**
   * The default is what there is room for now; more than that may be named, up to the size of the
   * disk, for the tier takes no more than it finds.
   */
  static long ssdBytes(@Nullable String text, Disk disk, Path stateDirectory) throws Refusal {
    long most = disk.totalBytes() / 100 * DISK_PERCENT_MAX;
    boolean off = text != null && (text.equals("off") || text.equals("0"));
    if (!off && most < SSD_MIN) {
      throw new Refusal(
          ExitCode.CONFIGURATION,
          "cannot use the state directory " + stateDirectory,
          "its disk has room for " + ByteSize.format(disk.totalBytes()) + " only",
          "give another --state-dir, or --ssd off");
    }
    if (text == null) {
      return Math.clamp(disk.usableBytes() / 100 * DISK_PERCENT_MAX, SSD_MIN, SSD_DEFAULT);
    }
    long bytes = off ? 0 : ByteSize.parse("--ssd", text);
    if (bytes > most) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --ssd " + text,
          "the disk of " + stateDirectory + " has room for " + ByteSize.format(disk.totalBytes()),
          "give at most " + (most >> 20) + "M, or another --state-dir");
    }
    return atLeast("--ssd", text, bytes, SSD_MIN);
  }

  static long keepFreeBytes(@Nullable String text, Disk disk) throws Refusal {
    if (text == null) {
      return Math.min(KEEP_FREE_DEFAULT_MAX, disk.totalBytes() / 100 * KEEP_FREE_PERCENT);
    }
    long bytes = ByteSize.parseOrShare("--keep-free", text, disk.totalBytes());
    if (bytes >= disk.totalBytes()) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --keep-free " + text,
          "the disk has " + ByteSize.format(disk.totalBytes()),
          "give less than that, or --ssd off");
    }
    return bytes;
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

  /**
   * The disk below a state directory.
   *
   * @param usableBytes free, or held by an earlier run of the same state directory
   */
  record Disk(long totalBytes, long usableBytes) {
    /** Of a disk that does not answer: what is named is believed until it does. */
    private static final Disk SILENT = new Disk(Long.MAX_VALUE, SSD_DEFAULT);

    static Disk of(Path stateDirectory) {
      Path existing = stateDirectory;
      while (!Files.exists(existing) && existing.getParent() != null) {
        existing = existing.getParent();
      }
      try {
        FileStore store = Files.getFileStore(existing);
        long free = store.getUsableSpace();
        return new Disk(
            store.getTotalSpace(),
            Files.isDirectory(stateDirectory) ? free + heldBytes(stateDirectory) : free);
      } catch (IOException silent) {
        return SILENT;
      }
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
}
