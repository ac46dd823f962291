/**
 * Checks everything about a mount before anything is touched, and turns the arguments into a
 * configuration.
 *
 * <p>The mount command calls it.
 *
 * <p>It owns nothing; the one thing that it changes is a dead mount at the mount point, which it
 * detaches.
 */
@NullMarked
package io.emberfs.app.prepare;

import org.jspecify.annotations.NullMarked;
