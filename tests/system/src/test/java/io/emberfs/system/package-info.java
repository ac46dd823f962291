/**
 * Real mounts: the launcher starts the daemon, programs work on the mounted tree, and what they
 * left is compared with the backing directory and with a plain directory.
 *
 * <p>Nobody calls it but the test run.
 *
 * <p>It owns one directory below the temporary directory and everything mounted, attached or
 * started from there.
 */
@NullMarked
package io.emberfs.system;

import org.jspecify.annotations.NullMarked;
