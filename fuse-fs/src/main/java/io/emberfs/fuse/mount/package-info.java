/**
 * Gets a FUSE mount and gets rid of it: mount, unmount, detach what a dead daemon left.
 *
 * <p>Channels call it around their life; the assembly asks it for dead mounts before a start.
 *
 * <p>It owns no descriptor: the device is the channel's, the mount is the kernel's.
 */
@NullMarked
package io.emberfs.fuse.mount;

import org.jspecify.annotations.NullMarked;
