/**
 * Keeps blocks, warm state and the write-back journal on a local disk.
 *
 * <p>The block engine calls it through {@code Tier}, {@code StateStore} and {@code WriteJournal};
 * the app opens and closes it.
 *
 * <p>It owns the database and the journal below the state directory, and its native handles.
 */
@NullMarked
package io.emberfs.persistence;

import org.jspecify.annotations.NullMarked;
