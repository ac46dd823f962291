package io.emberfs.fuse.fs;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.fuse.node.KnownNode;

/**
 * One open of a regular file.
 *
 * @param node with a reference of its own to the backing's node
 * @param file the cache's token
 * @param appends whether it was opened with O_APPEND
 * @param syncs whether it was opened with O_DSYNC or O_SYNC
 */
record OpenFile(KnownNode node, CachedFile file, boolean appends, boolean syncs) {}
