/**
 * What the engine knows of files: which content their cached blocks belong to, and who writes to
 * them now.
 *
 * <p>Called by the read and write paths and by whoever moves blocks between tiers. It owns the file
 * states, their locks and the shared read descriptors of open files; it moves no data.
 */
@NullMarked
package io.emberfs.engine.file;

import org.jspecify.annotations.NullMarked;
