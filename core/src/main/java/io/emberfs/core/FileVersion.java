package io.emberfs.core;

/**
 * The identity of one content of a file: as long as every part is equal, the bytes are taken to be
 * equal (see the rule on young files in docs/ARCHITECTURE.md for what else that needs).
 *
 * @param identity which file this is, across renames and mounts
 * @param size bytes
 * @param mtimeNanos modification time, nanoseconds since 1970
 * @param ctimeNanos status change time, nanoseconds since 1970; no user can set it back
 */
public record FileVersion(NodeIdentity identity, long size, long mtimeNanos, long ctimeNanos) {}
