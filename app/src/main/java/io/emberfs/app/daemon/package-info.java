/**
 * The process behind a mount: puts the rooms together, serves, and stops in order.
 *
 * <p>The mount command calls it.
 *
 * <p>It owns the threads, the order of closing and the daemon's log.
 */
@NullMarked
package io.emberfs.app.daemon;

import org.jspecify.annotations.NullMarked;
