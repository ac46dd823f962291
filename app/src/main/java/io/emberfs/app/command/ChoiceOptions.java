package io.emberfs.app.command;

import io.emberfs.app.prepare.MountArguments.Choices;
import picocli.CommandLine.Option;

/** The options of {@code mount} that name one of a few words, a size or a duration. */
final class ChoiceOptions {
  private static final Choices DEFAULTS = Choices.defaults();

  @Option(
      names = "--vram",
      paramLabel = "SIZE|auto|off",
      description = "VRAM tier (auto; not in this version)")
  private String vram = DEFAULTS.vram();

  @Option(
      names = "--block-size",
      paramLabel = "SIZE",
      description = "4K to 1M, a power of two (64K)")
  private String blockSize = DEFAULTS.blockSize();

  @Option(
      names = "--compress",
      paramLabel = "auto|lz4|zstd|gzip|snappy|off",
      description =
          "codec of warm blocks in RAM and of the SSD tier; zstd:1 to zstd:19 for a level (auto)")
  private String compress = DEFAULTS.compress();

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = "default, lru, s3fifo and more: those of simulate")
  private String policy = DEFAULTS.policy();

  @Option(
      names = "--prefetch",
      paramLabel = "on|off",
      description = "fetch before it is asked for (on)")
  private String prefetch = DEFAULTS.prefetch();

  @Option(
      names = "--write",
      paramLabel = "through|back",
      description = "back: writes are in a synced journal first, in the backing later (through)")
  private String write = DEFAULTS.write();

  @Option(
      names = "--max-dirty",
      paramLabel = "SIZE",
      description = "with --write back: what may wait for the backing (256M)")
  private String maxDirty = DEFAULTS.maxDirty();

  @Option(
      names = "--flush-age",
      paramLabel = "DURATION",
      description = "with --write back: how long it may wait (5s)")
  private String flushAge = DEFAULTS.flushAge();

  @Option(
      names = "--backing",
      paramLabel = "shared|exclusive",
      description = "exclusive: nobody but this mount changes the backing (shared)")
  private String backing = DEFAULTS.backing();

  @Option(
      names = "--kernel-cache",
      paramLabel = "on|off|auto",
      description = "off: every read reaches the daemon (auto)")
  private String kernelCache = DEFAULTS.kernelCache();

  @Option(
      names = "--attr-ttl",
      paramLabel = "DURATION",
      description = "how old an attribute may be (1s)")
  private String attributeTtl = DEFAULTS.attributeTtl();

  @Option(names = "--xattr", paramLabel = "on|off", description = "extended attributes (on)")
  private String extendedAttributes = DEFAULTS.extendedAttributes();

  @Option(
      names = "--acl",
      paramLabel = "on|off",
      description = "enforce POSIX access control lists (on)")
  private String acl = DEFAULTS.acl();

  @Option(
      names = "--transport",
      paramLabel = "auto|uring|dev|jnr",
      description = "way to the kernel: io_uring, the device, or libfuse 2 (auto)")
  private String transport = DEFAULTS.transport();

  @Option(
      names = "--warm",
      paramLabel = "restore|cold",
      description = "use the warm state of the last run (restore)")
  private String warm = DEFAULTS.warm();

  @Option(
      names = "--wait",
      paramLabel = "DURATION",
      description = "how long the first answer may take (30s)")
  private String waitMax = DEFAULTS.waitMax();

  @Option(
      names = "--delay-backing",
      hidden = true,
      description = "slows each request to the backing down, for demonstrations")
  private String backingDelay = DEFAULTS.backingDelay();

  Choices toChoices() {
    return new Choices(
        vram,
        blockSize,
        compress,
        policy,
        prefetch,
        write,
        maxDirty,
        flushAge,
        backing,
        kernelCache,
        attributeTtl,
        extendedAttributes,
        acl,
        transport,
        warm,
        waitMax,
        backingDelay);
  }
}
