/**
 * What the user is told: exit codes and three-part refusals.
 *
 * <p>All rooms of the application call it.
 *
 * <p>It owns nothing.
 */
@NullMarked
package io.emberfs.app.answer;

import org.jspecify.annotations.NullMarked;
