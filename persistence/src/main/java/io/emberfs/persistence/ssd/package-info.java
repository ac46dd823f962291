/**
 * The SSD tier and the file table: one RocksDB with the blocks in blob files, an index of them in
 * memory, and the records of the files they belong to.
 *
 * <p>The app opens a {@link io.emberfs.persistence.ssd.SsdDatabase} and hands its tier and its
 * records to the block engine.
 *
 * <p>It owns the database folder below the state directory, the native handles of RocksDB and the
 * off-heap memory of index and buffers.
 */
@NullMarked
package io.emberfs.persistence.ssd;

import org.jspecify.annotations.NullMarked;
