/**
 * The tree as a mount remembers it that has its backing to itself ({@code --backing exclusive}):
 * names, attributes, links and extended attributes, over restarts too where a mark in the backing
 * proves that nothing was changed since.
 *
 * <p>Stands between whoever asks a backing store and the store. It owns what is remembered and the
 * mark; it moves no data.
 */
@NullMarked
package io.emberfs.engine.namespace;

import org.jspecify.annotations.NullMarked;
