package io.emberfs.persistence.journal;

import static io.emberfs.persistence.journal.SegmentHeader.LONG;

import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteJournal;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a record: the file's identity (file system id, inode, inode generation), then by
 * kind
 *
 * <pre>
 *   1 named       size, mtime, ctime; the path's bytes
 *   2 written     offset, wall nanos; the bytes
 *   3 truncated   size, wall nanos
 *   4 flushing    size, mtime, ctime
 *   5 flushed     -
 *   6 named, and durable: as 1
 * </pre>
 *
 * <p>Stateless, any thread.
 */
final class RecordPayload {
  /** The longest payload there is. */
  static final int BYTES_MAX = 6 * Long.BYTES + WriteJournal.RECORD_BYTES_MAX;

  private static final int NAMED = 1;
  private static final int WRITTEN = 2;
  private static final int TRUNCATED = 3;
  private static final int FLUSHING = 4;
  private static final int FLUSHED = 5;
  private static final int NAMED_DURABLE = 6;

  private static final int FILE_SYSTEM_OFFSET = 0;
  private static final int INODE_OFFSET = 8;
  private static final int INODE_GENERATION_OFFSET = 16;
  private static final int IDENTITY_BYTES = 24;

  private static final int SIZE_OFFSET = IDENTITY_BYTES;
  private static final int MTIME_OFFSET = SIZE_OFFSET + Long.BYTES;
  private static final int CTIME_OFFSET = MTIME_OFFSET + Long.BYTES;
  private static final int VERSION_BYTES = CTIME_OFFSET + Long.BYTES;

  /** Offset of a write, or size of a truncation. */
  private static final int PLACE_OFFSET = IDENTITY_BYTES;

  private static final int WALL_OFFSET = PLACE_OFFSET + Long.BYTES;
  private static final int CHANGE_BYTES = WALL_OFFSET + Long.BYTES;

  private RecordPayload() {}

  static int kind(JournalRecord record) {
    return switch (record) {
      case JournalRecord.Named named -> named.isDurable() ? NAMED_DURABLE : NAMED;
      case JournalRecord.Written _ -> WRITTEN;
      case JournalRecord.Truncated _ -> TRUNCATED;
      case JournalRecord.Flushing _ -> FLUSHING;
      case JournalRecord.Flushed _ -> FLUSHED;
    };
  }

  /**
   * Bytes of a record's payload.
   *
   * @throws IllegalArgumentException if it is longer than a record may be, or at no place of a file
   */
  static int bytes(JournalRecord record) {
    return switch (record) {
      case JournalRecord.Named named -> VERSION_BYTES + bounded(0, named.path().length);
      case JournalRecord.Written written ->
          CHANGE_BYTES + bounded(written.offset(), written.bytes().byteSize());
      case JournalRecord.Truncated truncated -> CHANGE_BYTES + bounded(truncated.size(), 0);
      case JournalRecord.Flushing _ -> VERSION_BYTES;
      case JournalRecord.Flushed _ -> IDENTITY_BYTES;
    };
  }

  /** Puts the payload at the start of {@code target}, which has room for it. */
  static void write(JournalRecord record, MemorySegment target) {
    NodeIdentity file = record.file();
    target.set(LONG, FILE_SYSTEM_OFFSET, file.fileSystemId());
    target.set(LONG, INODE_OFFSET, file.inode());
    target.set(LONG, INODE_GENERATION_OFFSET, file.inodeGeneration());
    switch (record) {
      case JournalRecord.Named(FileVersion version, byte[] path, _) -> {
        writeVersion(version, target);
        MemorySegment.copy(path, 0, target, ValueLayout.JAVA_BYTE, VERSION_BYTES, path.length);
      }
      case JournalRecord.Written(_, long offset, long wallNanos, MemorySegment bytes) -> {
        writeChange(offset, wallNanos, target);
        MemorySegment.copy(bytes, 0, target, CHANGE_BYTES, bytes.byteSize());
      }
      case JournalRecord.Truncated(_, long size, long wallNanos) ->
          writeChange(size, wallNanos, target);
      case JournalRecord.Flushing(FileVersion seen) -> writeVersion(seen, target);
      case JournalRecord.Flushed _ -> {}
    }
  }

  /**
   * The record of a payload; null unless the checksum fits and it is one of this version. Bytes of
   * a write are lent from the payload.
   *
   * @param payload of exactly the header's length
   */
  static @Nullable JournalRecord read(RecordHeader header, MemorySegment payload) {
    long length = payload.byteSize();
    if (length < IDENTITY_BYTES
        || header.payloadChecksum() != SegmentHeader.checksum(payload, 0, length)) {
      return null;
    }
    NodeIdentity file =
        new NodeIdentity(
            payload.get(LONG, FILE_SYSTEM_OFFSET),
            payload.get(LONG, INODE_OFFSET),
            payload.get(LONG, INODE_GENERATION_OFFSET));
    return switch (header.kind()) {
      case NAMED, NAMED_DURABLE ->
          length < VERSION_BYTES ? null : readNamed(file, payload, header.kind() == NAMED_DURABLE);
      case WRITTEN -> length < CHANGE_BYTES ? null : readWritten(file, payload);
      case TRUNCATED -> length != CHANGE_BYTES ? null : readTruncated(file, payload);
      case FLUSHING ->
          length != VERSION_BYTES ? null : new JournalRecord.Flushing(version(file, payload));
      case FLUSHED -> length != IDENTITY_BYTES ? null : new JournalRecord.Flushed(file);
      default -> null;
    };
  }

  private static JournalRecord readNamed(
      NodeIdentity file, MemorySegment payload, boolean isDurable) {
    byte[] path = payload.asSlice(VERSION_BYTES).toArray(ValueLayout.JAVA_BYTE);
    return new JournalRecord.Named(version(file, payload), path, isDurable);
  }

  private static @Nullable JournalRecord readWritten(NodeIdentity file, MemorySegment payload) {
    MemorySegment bytes = payload.asSlice(CHANGE_BYTES).asReadOnly();
    long offset = payload.get(LONG, PLACE_OFFSET);
    if (bytes.byteSize() > WriteJournal.RECORD_BYTES_MAX || !isPlace(offset, bytes.byteSize())) {
      return null;
    }
    return new JournalRecord.Written(file, offset, payload.get(LONG, WALL_OFFSET), bytes);
  }

  private static @Nullable JournalRecord readTruncated(NodeIdentity file, MemorySegment payload) {
    long size = payload.get(LONG, PLACE_OFFSET);
    return size < 0
        ? null
        : new JournalRecord.Truncated(file, size, payload.get(LONG, WALL_OFFSET));
  }

  private static FileVersion version(NodeIdentity file, MemorySegment payload) {
    return new FileVersion(
        file,
        payload.get(LONG, SIZE_OFFSET),
        payload.get(LONG, MTIME_OFFSET),
        payload.get(LONG, CTIME_OFFSET));
  }

  private static void writeVersion(FileVersion version, MemorySegment target) {
    target.set(LONG, SIZE_OFFSET, version.size());
    target.set(LONG, MTIME_OFFSET, version.mtimeNanos());
    target.set(LONG, CTIME_OFFSET, version.ctimeNanos());
  }

  private static void writeChange(long place, long wallNanos, MemorySegment target) {
    target.set(LONG, PLACE_OFFSET, place);
    target.set(LONG, WALL_OFFSET, wallNanos);
  }

  private static int bounded(long place, long length) {
    if (length > WriteJournal.RECORD_BYTES_MAX || !isPlace(place, length)) {
      throw new IllegalArgumentException(
          "a record of %d bytes at %d; at most %d, at 0 or more"
              .formatted(length, place, WriteJournal.RECORD_BYTES_MAX));
    }
    return (int) length;
  }

  private static boolean isPlace(long place, long length) {
    return place >= 0 && place <= Long.MAX_VALUE - length;
  }
}
