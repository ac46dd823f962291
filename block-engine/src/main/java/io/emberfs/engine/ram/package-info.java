/**
 * Keeps blocks in memory outside the Java heap: hot ones plain, warm ones compressed.
 *
 * <p>The read path of the engine calls it for every piece of a read, the write path to remove what
 * an own write outdates, and a maintenance thread to keep some room free.
 *
 * <p>It owns one arena of pages and the table that says which block lies in which of them.
 */
@NullMarked
package io.emberfs.engine.ram;

import org.jspecify.annotations.NullMarked;
