/**
 * Turns raw bytes into stored bytes and back, decides which blocks are worth it, and tells damaged
 * bytes from whole ones.
 *
 * <p>The tiers and the flow of demotion call it, on memory of their own.
 *
 * <p>It owns the fixed list of codecs, what they work with outside the heap, and what was learned
 * of files; no block.
 */
@NullMarked
package io.emberfs.engine.codec;

import org.jspecify.annotations.NullMarked;
