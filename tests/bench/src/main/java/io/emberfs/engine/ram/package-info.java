/**
 * The part of the benchmarks that needs the insides of the RAM tier: its index without its pages,
 * for more blocks than a machine has memory for.
 */
@NullMarked
package io.emberfs.engine.ram;

import org.jspecify.annotations.NullMarked;
