package io.emberfs.persistence.journal;

import java.io.IOException;
import java.util.List;

/** The files of a journal, by name. What is renamed or deleted is so for good after a sync. */
interface JournalFolder {
  /** Every name in it, in ascending order. */
  List<String> names() throws IOException;

  /** Opens a file to be read. */
  JournalFile read(String name) throws IOException;

  /** Opens a file to be read and written. */
  JournalFile open(String name) throws IOException;

  /** Makes an empty file, for its owner only. */
  JournalFile create(String name) throws IOException;

  /** Renames a file; there must be none of the new name. */
  void rename(String from, String to) throws IOException;

  void delete(String name) throws IOException;

  /** Makes the names durable. */
  void sync() throws IOException;

  /** Whether its file system says that this many bytes more have room. */
  boolean hasRoom(long bytes);
}
