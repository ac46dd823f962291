/**
 * Recognises files that are read in order (forwards, backwards, with a stride) and proposes what
 * lies ahead.
 *
 * <p>The arbiter feeds it accesses and takes its proposals.
 *
 * <p>It owns a bounded table of streams and what it learnt about how long streams last.
 */
@NullMarked
package io.emberfs.predictor.stream;

import org.jspecify.annotations.NullMarked;
