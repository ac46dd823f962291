/**
 * What RAM held when an earlier run ended, saved now and then and brought back step by step.
 *
 * <p>The engine makes it and runs its steps. It owns the saved piece of RAM's keys and nothing
 * else: tiers, file table and loads are lent.
 */
@NullMarked
package io.emberfs.engine.warm;

import org.jspecify.annotations.NullMarked;
