/**
 * Serves the bytes of files from the fastest place that proves to have the right ones.
 *
 * <p>The file system room calls it through {@code BlockCache}; the app assembles it.
 *
 * <p>It owns the RAM tier's arena, the table of misses in flight and the descriptors of the
 * backing.
 */
@NullMarked
package io.emberfs.engine;

import org.jspecify.annotations.NullMarked;
