/**
 * Binds libc, the FUSE device and io_uring for Java: the only room that makes downcalls.
 *
 * <p>The file system room and the block engine call it; it calls nobody.
 *
 * <p>It owns no memory and no thread: arenas and descriptors belong to the caller.
 */
@NullMarked
package io.emberfs.ffi;

import org.jspecify.annotations.NullMarked;
