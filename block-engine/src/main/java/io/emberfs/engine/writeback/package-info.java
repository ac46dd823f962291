/**
 * Write-back ({@code --write back}): changes are acknowledged once they stand in the journal, and
 * reach the backing later.
 *
 * <p>{@code WriteBackCache} stands in front of the block engine and sees every call. What it keeps
 * of a file ({@code DirtyFile}) is what the backing does not have yet: the bytes of its dirty
 * pages, how much of the backing's content is still valid, and the size. A read takes what lies
 * below and lays the dirty pages over it. The {@code Flusher} carries the changes of one file at a
 * time to the backing, by way of the block engine like any write-through. After a crash {@code
 * JournalReplay} makes the same dirty files again out of the journal.
 *
 * <p>The order that makes it safe: a record is in the journal before its change is acknowledged; it
 * is synced, and so is the intent to flush, before the change reaches the backing; the backing is
 * synced before the journal says that it was; and only then is the record let go.
 */
@NullMarked
package io.emberfs.engine.writeback;

import org.jspecify.annotations.NullMarked;
