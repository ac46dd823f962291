/**
 * The way of a read: RAM, the lower tiers, the backing; one load per missing block at a time.
 *
 * <p>Called by {@code BlockEngine} for demand reads and by the prefetch scheduler. It owns the
 * scratch memory of loads and the table of loads in flight.
 */
@NullMarked
package io.emberfs.engine.read;

import org.jspecify.annotations.NullMarked;
