/**
 * The vocabulary of emberfs: records and interfaces at the seams between modules, and the meters
 * and clocks that are handed to them.
 *
 * <p>Every other module imports this one and no sibling; {@code app} puts them together. It owns no
 * thread, no file and no memory, and depends on the JDK and JSpecify only.
 */
@NullMarked
package io.emberfs.core;

import org.jspecify.annotations.NullMarked;
