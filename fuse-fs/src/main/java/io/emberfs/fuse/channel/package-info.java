/**
 * Carries requests and replies between the kernel and dispatch: the transports over the FUSE device
 * and over io_uring.
 *
 * <p>The assembly mounts and unmounts through it; the kernel calls through the device.
 *
 * <p>It owns the device descriptors, the rings, the receive threads, and the memory of requests and
 * replies.
 */
@NullMarked
package io.emberfs.fuse.channel;

import org.jspecify.annotations.NullMarked;
