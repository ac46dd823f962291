/**
 * Fakes, faulty wrappers and contract suites for the seams of the core.
 *
 * <p>Tests of every room call it; no product code does.
 *
 * <p>It owns what a test lends it, until that test ends.
 */
@NullMarked
package io.emberfs.testkit;

import org.jspecify.annotations.NullMarked;
