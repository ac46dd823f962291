package io.emberfs.persistence.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file of a {@link JournalFolder}. Any thread. */
interface JournalFile extends AutoCloseable {
  /** Bytes. */
  long size() throws IOException;

  /** Reads some bytes at a position; returns how many, -1 at the end. */
  int read(ByteBuffer target, long position) throws IOException;

  /** Writes all of a buffer at a position. */
  void write(ByteBuffer source, long position) throws IOException;

  /** Makes everything durable that was written, and its length. */
  void force() throws IOException;

  @Override
  void close() throws IOException;
}
