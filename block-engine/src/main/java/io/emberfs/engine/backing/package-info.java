/**
 * The slow directory as a POSIX file system shows it, and the decorators around it.
 *
 * <p>The rest of the engine and the file system room call it through {@code BackingStore}; the app
 * makes it.
 *
 * <p>It owns every descriptor that is open in the backing directory.
 */
@NullMarked
package io.emberfs.engine.backing;

import org.jspecify.annotations.NullMarked;
