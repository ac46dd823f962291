package io.emberfs.app.config;

import io.emberfs.core.BlockGeometry;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Everything about one mount, checked.
 *
 * @param backing canonical path of an existing, readable directory
 * @param mountPoint canonical path of an existing directory that is not a mount
 * @param stateDirectory absolute; below neither of the two; may not exist yet
 * @param ramBytes budget of the RAM tier; 0 switches it off
 * @param ramBytesMax what it can be resized to while it serves; at least {@code ramBytes}
 * @param ssdBytes budget of the SSD tier; 0 switches it off
 * @param keepFreeBytes what the SSD tier leaves free of the file system it lies on
 * @param geometry how files are cut into blocks
 * @param compression what blocks are compressed with
 * @param policyName name of a replacement policy
 * @param prefetch whether blocks are fetched before they are asked for
 * @param attributeTtl how old an attribute or version check may be
 * @param kernelCache whether the kernel may keep pages above the mount
 * @param extendedAttributes whether extended attributes are served
 * @param accessControlLists whether POSIX ACLs are enforced, where the transport can
 * @param transport way to the kernel
 * @param restoreWarm whether the warm state of the last run is used
 * @param sharing who changes the backing
 * @param writing when writes reach the backing
 * @param flags mount(8) flags
 * @param waitMax how long the first answer of the mount may take
 * @param backingDelay what each request to the backing is slowed down by; zero for a real backing
 */
public record MountConfiguration(
    Path backing,
    Path mountPoint,
    Path stateDirectory,
    long ramBytes,
    long ramBytesMax,
    long ssdBytes,
    long keepFreeBytes,
    BlockGeometry geometry,
    Compression compression,
    String policyName,
    boolean prefetch,
    Duration attributeTtl,
    KernelCache kernelCache,
    boolean extendedAttributes,
    boolean accessControlLists,
    Transport transport,
    boolean restoreWarm,
    Sharing sharing,
    Writing writing,
    Flags flags,
    Duration waitMax,
    Duration backingDelay) {

  /** Way to the kernel. */
  public enum Transport {
    /** io_uring where the machine is set up for it, else the device. */
    AUTO,
    URING,
    DEV,
    /** libfuse 2, by jnr-fuse. */
    JNR
  }

  /** Who changes the backing. */
  public enum Sharing {
    /** Others too: what is remembered of it is compared with it. */
    SHARED,
    /** This mount alone: what is remembered of it is true. */
    EXCLUSIVE
  }

  /** Whether the kernel may keep pages above the mount. */
  public enum KernelCache {
    ON,
    OFF,
    /** On where the transport can take pages back. */
    AUTO
  }

  /**
   * When writes reach the backing.
   *
   * @param isBack later, from the journal; else before they are answered
   * @param dirtyBytesMax what may wait
   * @param flushAge how long it may wait
   * @param discardsJournal whether changes that an ended mount left in the journal are thrown away
   */
  public record Writing(
      boolean isBack, long dirtyBytesMax, Duration flushAge, boolean discardsJournal) {
    /** Before they are answered. */
    public static final Writing THROUGH = new Writing(false, 0, Duration.ZERO, false);
  }

  /**
   * mount(8) flags.
   *
   * @param allowOther whether other users may enter
   * @param readOnly whether changes are refused
   * @param setUserId whether set-id bits count
   * @param devices whether device nodes work
   * @param execution whether programs can be run
   */
  public record Flags(
      boolean allowOther,
      boolean readOnly,
      boolean setUserId,
      boolean devices,
      boolean execution) {}
}
