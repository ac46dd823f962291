/**
 * Reads sizes, durations and places, and checks everything about a mount before anything is
 * touched.
 *
 * <p>The commands call it; its records are handed down to the daemon.
 *
 * <p>It owns nothing but the form of the configuration.
 */
@NullMarked
package io.emberfs.app.config;

import org.jspecify.annotations.NullMarked;
