/**
 * Knows which mounts there are: the files of known mounts, the kernel's mount table and the process
 * table.
 *
 * <p>The commands and the daemon call it.
 *
 * <p>It owns the files of known mounts.
 */
@NullMarked
package io.emberfs.app.registry;

import org.jspecify.annotations.NullMarked;
