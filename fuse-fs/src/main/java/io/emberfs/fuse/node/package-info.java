/**
 * The tables between the kernel's numbers and our objects: nodes with their lookup counts, and
 * handles.
 *
 * <p>The file system calls it for every request; the notifier asks it for node ids.
 *
 * <p>It owns one reference to each backing node that the kernel knows.
 */
@NullMarked
package io.emberfs.fuse.node;

import org.jspecify.annotations.NullMarked;
