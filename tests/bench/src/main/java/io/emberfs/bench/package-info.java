/**
 * Measures emberfs through its own launcher against named baselines, both sides in one run, and
 * shows its main job in the demo.
 *
 * <p>The launcher calls it, for {@code demo} and {@code bench}.
 *
 * <p>It owns one temporary work place with everything in it: mounts, loop devices, control groups.
 */
@NullMarked
package io.emberfs.bench;

import org.jspecify.annotations.NullMarked;
