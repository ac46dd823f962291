package io.emberfs.core;

import java.nio.file.Path;

/**
 * What to mount and how.
 *
 * @param mountPoint an existing directory
 * @param source the name shown in the mount table: the backing's path
 * @param allowOther whether other users may enter; the kernel then checks permissions
 * @param readOnly whether the kernel refuses changes
 * @param allowSetUid whether set-id bits count (suid)
 * @param allowDevices whether device nodes work (dev)
 * @param allowExecution whether programs can be run (exec)
 * @param accessControlLists whether the kernel checks POSIX ACLs, which it asks for as extended
 *     attributes
 * @param requestSizeMax bytes of the largest read or write
 * @param threadCount threads that receive requests
 * @param requestsInFlightMax requests, deferred ones included, that have memory at a time
 */
public record MountSpec(
    Path mountPoint,
    String source,
    boolean allowOther,
    boolean readOnly,
    boolean allowSetUid,
    boolean allowDevices,
    boolean allowExecution,
    boolean accessControlLists,
    int requestSizeMax,
    int threadCount,
    int requestsInFlightMax) {}
