package io.emberfs.app.prepare;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.Compression;
import io.emberfs.app.config.Compression.Choice;
import io.emberfs.app.config.MountConfiguration.Flags;
import io.emberfs.app.config.MountConfiguration.KernelCache;
import io.emberfs.app.config.MountConfiguration.Sharing;
import io.emberfs.app.config.MountConfiguration.Transport;
import io.emberfs.app.config.MountConfiguration.Writing;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.codec.ZstdCodec;
import io.emberfs.engine.policy.PolicyFactory;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the options that name one of a few words, and refuses by name what this version does not
 * serve.
 */
final class ChoiceReader {
  private static final Set<String> POLICIES = Set.copyOf(PolicyFactory.names());
  private static final String ZSTD_LEVEL = "zstd:";

  /** Less would hold up single writes. */
  private static final long DIRTY_BYTES_MIN = 4 << 20;

  private ChoiceReader() {}

  static BlockGeometry blockSize(String text) throws Refusal {
    long size = ByteSize.parse("--block-size", text);
    if (Long.bitCount(size) != 1
        || size < BlockGeometry.BLOCK_SIZE_MIN
        || size > BlockGeometry.BLOCK_SIZE_MAX) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --block-size " + text,
          "it is not a power of two from 4K to 1M",
          "give 4K, 8K, 16K, 32K, 64K, 128K, 256K, 512K or 1M");
    }
    return new BlockGeometry((int) size);
  }

  static Compression compression(String text) throws Refusal {
    return switch (text) {
      case "auto" -> Compression.of(Choice.AUTO);
      case "lz4" -> Compression.of(Choice.LZ4);
      case "zstd" -> Compression.of(Choice.ZSTD);
      case "gzip" -> Compression.of(Choice.GZIP);
      case "snappy" -> Compression.of(Choice.SNAPPY);
      case "off" -> Compression.of(Choice.OFF);
      default -> {
        if (text.startsWith(ZSTD_LEVEL)) {
          yield new Compression(Choice.ZSTD, zstdLevel(text));
        }
        throw unknown("--compress", text, "give auto, lz4, zstd, zstd:LEVEL, gzip, snappy or off");
      }
    };
  }

  private static int zstdLevel(String text) throws Refusal {
    String digits = text.substring(ZSTD_LEVEL.length());
    int level = digits.matches("[0-9]{1,2}") ? Integer.parseInt(digits) : 0;
    if (level < ZstdCodec.LEVEL_MIN || level > ZstdCodec.LEVEL_MAX) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --compress " + text,
          "its level is not a number from %d to %d"
              .formatted(ZstdCodec.LEVEL_MIN, ZstdCodec.LEVEL_MAX),
          "give a level from zstd:%d (fastest) to zstd:%d (smallest), or zstd, which is the first"
              .formatted(ZstdCodec.LEVEL_MIN, ZstdCodec.LEVEL_MAX));
    }
    return level;
  }

  static String policy(String text) throws Refusal {
    if (!POLICIES.contains(text)) {
      throw unknown("--policy", text, "give one of " + String.join(", ", new TreeSet<>(POLICIES)));
    }
    return text;
  }

  static KernelCache kernelCache(String text) throws Refusal {
    return switch (text) {
      case "on" -> KernelCache.ON;
      case "off" -> KernelCache.OFF;
      case "auto" -> KernelCache.AUTO;
      default -> throw unknown("--kernel-cache", text, "give on, off or auto");
    };
  }

  static boolean onOrOff(String option, String text) throws Refusal {
    return switch (text) {
      case "on" -> true;
      case "off" -> false;
      default -> throw unknown(option, text, "give on or off");
    };
  }

  static boolean restoreWarm(String text) throws Refusal {
    return switch (text) {
      case "restore" -> true;
      case "cold" -> false;
      default -> throw unknown("--warm", text, "give restore or cold");
    };
  }

  static Transport transport(String text) throws Refusal {
    return switch (text) {
      case "auto" -> Transport.AUTO;
      case "uring" -> Transport.URING;
      case "dev" -> Transport.DEV;
      case "jnr" -> Transport.JNR;
      default -> throw unknown("--transport", text, "give auto, uring, dev or jnr");
    };
  }

  /** Refuses what the transport cannot do. */
  static void checkTogether(Transport transport, KernelCache kernelCache) throws Refusal {
    if (transport == Transport.JNR && kernelCache == KernelCache.ON) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --kernel-cache on",
          "--transport jnr has no way to tell the kernel that its pages are old",
          "give --kernel-cache auto or off, or --transport auto");
    }
  }

  /** Refuses what is named in the interface and comes with a later version. */
  static void checkServed(MountArguments.Choices choices) throws Refusal {
    switch (choices.vram()) {
      case "auto", "off", "0" -> {}
      default -> throw notServed("--vram " + choices.vram(), "give --vram off or auto");
    }
  }

  static Sharing sharing(String text) throws Refusal {
    return switch (text) {
      case "shared" -> Sharing.SHARED;
      case "exclusive" -> Sharing.EXCLUSIVE;
      default -> throw unknown("--backing", text, "give shared or exclusive");
    };
  }

  static Writing writing(MountArguments.Choices choices, boolean discardsJournal) throws Refusal {
    boolean isBack =
        switch (choices.write()) {
          case "through" -> false;
          case "back" -> true;
          default -> throw unknown("--write", choices.write(), "give through or back");
        };
    long dirtyBytesMax = ByteSize.parse("--max-dirty", choices.maxDirty());
    if (dirtyBytesMax < DIRTY_BYTES_MIN) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --max-dirty " + choices.maxDirty(),
          "it is less than " + ByteSize.format(DIRTY_BYTES_MIN),
          "give at least that, or --write through");
    }
    return new Writing(
        isBack, dirtyBytesMax, TimeSpan.parse("--flush-age", choices.flushAge()), discardsJournal);
  }

  static Flags flags(MountArguments arguments, boolean root) throws Refusal {
    boolean setUserId = false;
    boolean devices = false;
    boolean execution = true;
    boolean readOnly = arguments.readOnly();
    for (String option : arguments.options()) {
      switch (option) {
        case "suid" -> setUserId = true;
        case "nosuid" -> setUserId = false;
        case "dev" -> devices = true;
        case "nodev" -> devices = false;
        case "exec" -> execution = true;
        case "noexec" -> execution = false;
        case "ro" -> readOnly = true;
        case "rw" -> readOnly = false;
        default ->
            throw unknown(
                "-o",
                option,
                "give suid, nosuid, dev, nodev, exec, noexec, ro or rw, separated by commas");
      }
    }
    if ((setUserId || devices) && !root) {
      throw new Refusal(
          ExitCode.PERMISSION,
          "cannot use -o " + String.join(",", arguments.options()),
          "only root may mount with suid or dev",
          "leave it out, or run as root");
    }
    return new Flags(arguments.allowOther(), readOnly, setUserId, devices, execution);
  }

  /** The parts of {@code -o a,b -o c}. */
  static List<String> split(List<String> options) {
    return options.stream().flatMap(option -> List.of(option.split(",")).stream()).toList();
  }

  private static Refusal unknown(String option, String text, String fix) {
    return new Refusal(ExitCode.USAGE, "cannot use " + option + " " + text, "no such choice", fix);
  }

  private static Refusal notServed(String what, String fix) {
    return new Refusal(ExitCode.USAGE, "cannot use " + what, "this version does not have it", fix);
  }
}
