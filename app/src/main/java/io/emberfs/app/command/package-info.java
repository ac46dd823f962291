/**
 * The command line: one class for each verb.
 *
 * <p>The main class calls it.
 *
 * <p>It owns the form of what is printed.
 */
@NullMarked
package io.emberfs.app.command;

import org.jspecify.annotations.NullMarked;
