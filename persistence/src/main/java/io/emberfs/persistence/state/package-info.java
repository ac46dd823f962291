/**
 * The state directory, its lock and its identity, and the named pieces of warm state in it.
 *
 * <p>The app opens a {@link io.emberfs.persistence.state.StateDirectory} before anything else and
 * gives the store to whoever has warm state to keep.
 *
 * <p>It owns the directory's files, except for the database and the journal, which have rooms of
 * their own.
 */
@NullMarked
package io.emberfs.persistence.state;

import org.jspecify.annotations.NullMarked;
