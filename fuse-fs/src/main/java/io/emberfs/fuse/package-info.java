/**
 * Mounts the directory, speaks the FUSE protocol and answers requests.
 *
 * <p>The kernel calls it through a transport; the assembly in the app starts and stops it.
 *
 * <p>It owns the device descriptors, the receive threads, and the node and handle tables.
 */
@NullMarked
package io.emberfs.fuse;

import org.jspecify.annotations.NullMarked;
