package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;

/**
 * What a RAM tier is made of.
 *
 * @param geometry how blocks are cut; a page of the tier is one granule
 * @param capacityBytes the budget at the start and the most that it can be resized to; everything
 *     that the tier keeps counts
 * @param policy name of the replacement policy
 * @param compressWarm whether blocks that would leave stay a while longer, compressed, where that
 *     pays
 */
public record RamTierSpec(
    BlockGeometry geometry, long capacityBytes, String policy, boolean compressWarm) {}
