package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.codec.CodecChoice;

/**
 * What a RAM tier is made of.
 *
 * @param geometry how blocks are cut; a page of the tier is one granule
 * @param capacityBytes the budget at the start and the most that it can be resized to; everything
 *     that the tier keeps counts
 * @param policy name of the replacement policy
 * @param warm what blocks that would leave are compressed with to stay a while longer, where that
 *     pays; none: they leave
 */
public record RamTierSpec(
    BlockGeometry geometry, long capacityBytes, String policy, CodecChoice warm) {}
