package io.emberfs.core;

/**
 * What statfs(2) tells.
 *
 * @param blockCount units of {@code fragmentSize}
 * @param freeBlockCount units free
 * @param availableBlockCount units free for ordinary users
 * @param fileCount inodes
 * @param freeFileCount inodes free
 * @param blockSize preferred I/O size, bytes
 * @param nameLengthMax bytes of a name
 * @param fragmentSize bytes
 */
public record FileSystemStatistics(
    long blockCount,
    long freeBlockCount,
    long availableBlockCount,
    long fileCount,
    long freeFileCount,
    int blockSize,
    int nameLengthMax,
    int fragmentSize) {}
