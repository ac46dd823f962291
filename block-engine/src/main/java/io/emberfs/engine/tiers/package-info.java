/**
 * The chain of tiers and the traffic between them: encoding a block for the next tier, handing it
 * down, bringing it back.
 *
 * <p>Called by the read and write paths (to look up and to drop) and by the background roles. It
 * owns no block: each tier does.
 */
@NullMarked
package io.emberfs.engine.tiers;

import org.jspecify.annotations.NullMarked;
