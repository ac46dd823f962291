/**
 * Which files the tiers are asked to keep: found by path, remembered across mounts, looked after.
 *
 * <p>The engine makes it and runs its step; whoever answers users calls it through {@link
 * io.emberfs.core.Pins}.
 *
 * <p>It owns the saved piece of that name and nothing else: tiers, file table and backing are lent.
 */
@NullMarked
package io.emberfs.engine.pin;

import org.jspecify.annotations.NullMarked;
