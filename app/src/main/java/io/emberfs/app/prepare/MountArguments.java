package io.emberfs.app.prepare;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of {@code mount} as they were given, not checked yet.
 *
 * @param backing as given
 * @param mountPoint as given
 * @param stateDirectory as given, or null for the default place
 * @param ram size or share, or null for the default
 * @param ramMax size or share that RAM can be resized to, or null for that of {@code ram}
 * @param ssd size, or null for the default
 * @param keepFree size, or null for the default
 * @param discardJournal whether changes in the journal are thrown away
 * @param options values of {@code -o}
 */
public record MountArguments(
    Path backing,
    Path mountPoint,
    @Nullable Path stateDirectory,
    @Nullable String ram,
    @Nullable String ramMax,
    @Nullable String ssd,
    @Nullable String keepFree,
    Choices choices,
    boolean allowOther,
    boolean allowNonEmpty,
    boolean readOnly,
    boolean discardJournal,
    List<String> options) {

  /** Options that name one of a few words, a size or a duration. */
  public record Choices(
      String vram,
      String blockSize,
      String compress,
      String policy,
      String prefetch,
      String write,
      String maxDirty,
      String flushAge,
      String backing,
      String kernelCache,
      String attributeTtl,
      String extendedAttributes,
      String acl,
      String transport,
      String warm,
      String waitMax,
      String backingDelay) {

    /** What is used where nothing is said. */
    public static Choices defaults() {
      return new Choices(
          "auto", "64K", "auto", "default", "on", "through", "256M", "5s", "shared", "auto", "1s",
          "on", "on", "auto", "restore", "30s", "0ms");
    }
  }
}
