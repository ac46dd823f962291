/**
 * Turns raw bytes into stored bytes and back, and tells damaged bytes from whole ones.
 *
 * <p>The tiers and the flow of demotion call it, on memory of their own.
 *
 * <p>It owns nothing but the fixed list of codecs.
 */
@NullMarked
package io.emberfs.engine.codec;

import org.jspecify.annotations.NullMarked;
