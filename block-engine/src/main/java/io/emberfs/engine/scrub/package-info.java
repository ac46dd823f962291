/**
 * The scrub: which tier is verified when, how fast, and where a block that was found damaged comes
 * back from.
 *
 * <p>A background role calls it. It owns no block and verifies none itself: each tier does that by
 * its own means.
 */
@NullMarked
package io.emberfs.engine.scrub;

import org.jspecify.annotations.NullMarked;
