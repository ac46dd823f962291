package io.emberfs.engine.backing;

/**
 * Which inode, within one run. The generation is part of it: while a node's descriptor is closed,
 * its inode may be removed and the number given to another.
 */
record InodeKey(long device, long inode, long inodeGeneration) {}
