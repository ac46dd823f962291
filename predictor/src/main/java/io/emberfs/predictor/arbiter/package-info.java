/**
 * Puts the models together: one prefetcher that asks all of them and lets only those speak that are
 * right.
 *
 * <p>The block engine's prefetch scheduler calls it on the predictor's thread.
 *
 * <p>It owns the components, and a record of what became of their proposals.
 */
@NullMarked
package io.emberfs.predictor.arbiter;

import org.jspecify.annotations.NullMarked;
