/**
 * The file system: answers FUSE requests from the backing's tree and the block cache.
 *
 * <p>A transport calls it; it calls the backing store, the block cache and the workers.
 *
 * <p>It owns the open files and directories; nodes are counted in the node table.
 */
@NullMarked
package io.emberfs.fuse.fs;

import org.jspecify.annotations.NullMarked;
