/**
 * Remembers which block was asked for after which, and proposes what came next the last times.
 *
 * <p>The arbiter feeds it accesses and takes its proposals.
 *
 * <p>It owns one hashed table of fixed size, and counts of how right it was.
 */
@NullMarked
package io.emberfs.predictor.ngram;

import org.jspecify.annotations.NullMarked;
