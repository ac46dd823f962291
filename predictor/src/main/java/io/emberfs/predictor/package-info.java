/**
 * Learns from past accesses which blocks come next, and says so.
 *
 * <p>The block engine feeds it accesses and outcomes through {@code Prefetcher} and fetches what it
 * names.
 *
 * <p>It owns the bounded arrays of its models, and does no I/O.
 */
@NullMarked
package io.emberfs.predictor;

import org.jspecify.annotations.NullMarked;
