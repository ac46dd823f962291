package io.emberfs.core;

import org.jspecify.annotations.Nullable;

/**
 * A change of attributes other than the size; a part that is null stays as it is.
 *
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param atimeNanos access time since 1970, or {@link #NOW}
 * @param mtimeNanos modification time since 1970, or {@link #NOW}
 */
public record AttributeChange(
    @Nullable Integer mode,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Long atimeNanos,
    @Nullable Long mtimeNanos) {
  /** The time at which the backing carries the change out. */
  public static final long NOW = Long.MIN_VALUE;
}
