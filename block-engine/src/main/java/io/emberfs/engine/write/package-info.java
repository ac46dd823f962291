/**
 * The way of a write: to the backing first, then out of every tier, then the reply.
 *
 * <p>Called by {@code BlockEngine} for everything that changes a file's bytes or inode. It owns
 * nothing but the order of these steps.
 */
@NullMarked
package io.emberfs.engine.write;

import org.jspecify.annotations.NullMarked;
