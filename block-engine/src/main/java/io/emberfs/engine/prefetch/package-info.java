/**
 * Carries accesses to the predictor and fetches what it proposes, within bounds of bytes, queue and
 * CPU, behind demand.
 *
 * <p>The read path reports accesses and outcomes here and lends its loader; the assembly runs the
 * scheduler's two steps.
 *
 * <p>It owns the rings, the queue of candidates and the prefetch budget, and no thread.
 */
@NullMarked
package io.emberfs.engine.prefetch;

import org.jspecify.annotations.NullMarked;
