/**
 * The block engine of the mount on one thread: a seed chooses whose turn it is, what fails, when
 * the clock jumps and when everything is killed.
 *
 * <p>{@code Simulation} is one run, {@code Scheduler} lets its actors take turns, {@code
 * SimulatedBacking} and {@code SimulatedSsd} are the world around the engine, {@code FileHistory}
 * knows what a read may return, {@code Plant} takes one safety away.
 *
 * <p>It owns nothing outside its process.
 */
@NullMarked
package io.emberfs.simulation;

import org.jspecify.annotations.NullMarked;
