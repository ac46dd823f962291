/**
 * Reads the command line and the configuration, and assembles the rooms into a mount.
 *
 * <p>The user calls it through the launcher; no other room does.
 *
 * <p>It owns the process: its exit code, its standard output and the order in which the rooms stop.
 */
@NullMarked
package io.emberfs.app;

import org.jspecify.annotations.NullMarked;
