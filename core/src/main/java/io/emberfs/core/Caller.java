package io.emberfs.core;

/**
 * On whose behalf an object is created.
 *
 * @param uid file-system user id
 * @param gid file-system group id
 * @param pid process id, as the kernel gives it; 0 when it is unknown
 * @param umask permission bits that the caller does not want set
 */
public record Caller(int uid, int gid, int pid, int umask) {}
