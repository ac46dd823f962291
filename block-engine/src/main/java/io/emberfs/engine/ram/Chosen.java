package io.emberfs.engine.ram;

/**
 * A block that was chosen for some work outside the lock.
 *
 * @param slot where it was
 * @param stamp the slot's stamp then: the work counts only if it is still the same
 */
record Chosen(int slot, long stamp) {}
