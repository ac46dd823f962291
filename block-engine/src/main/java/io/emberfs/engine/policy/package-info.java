/**
 * Decides which block leaves when room is needed: one file for each policy.
 *
 * <p>The RAM tier calls it under its lock; the simulator calls the same classes.
 *
 * <p>It owns a few ints for each slot, allocated when one of some thousand slots is first used, and
 * what it remembers of blocks that left, allocated at construction.
 */
@NullMarked
package io.emberfs.engine.policy;

import org.jspecify.annotations.NullMarked;
