/**
 * The write-back journal: records of changes in segments of one size, which are filled with zeros
 * before they are used, so that a sync of records commits no metadata of the file system.
 *
 * <p>The app opens a {@link io.emberfs.persistence.journal.FileJournal} and hands it to the block
 * engine as its {@code WriteJournal}; tools that may change nothing ask {@link
 * io.emberfs.persistence.journal.JournalScan}.
 *
 * <p>It owns the folder of the journal, whose files are of four kinds, each named by a number in
 * hexadecimal:
 *
 * <ul>
 *   <li>{@code segment-N}: its header is durable; records may be in it. Higher numbers are later.
 *   <li>{@code spare-N}: was a segment whose records were released; its bytes mean nothing.
 *   <li>{@code new-N}: is being filled with zeros; worth nothing after a crash.
 *   <li>{@code damaged-N}: was a segment in which damage was found; nothing here deletes it.
 * </ul>
 *
 * <p>The layouts are those of {@code SegmentHeader}, {@code RecordHeader} and {@code
 * RecordPayload}, all little endian. A segment is a header, records from its fifth KiB on, each at
 * a multiple of 64 bytes and bearing the segment's mark, and a second copy of the header in its
 * last 64 bytes.
 */
@NullMarked
package io.emberfs.persistence.journal;

import org.jspecify.annotations.NullMarked;
