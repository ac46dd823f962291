/**
 * Prepares what the build archives for a fast start.
 *
 * <p>The launcher calls it after a build, in a process of its own; nothing of a mount uses it.
 *
 * <p>It owns nothing.
 */
@NullMarked
package io.emberfs.app.archive;

import org.jspecify.annotations.NullMarked;
