package io.emberfs.core;

import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;

/**
 * Named pieces of warm state on disk. Saving is atomic: a later load sees the old piece or the new
 * one, whole, whatever happens in between. What is read is verified first: a piece that is damaged,
 * too long or of an unknown format is counted and absent.
 */
public interface StateStore {
  /**
   * Replaces the piece of this name.
   *
   * @param name 1 to 64 characters of {@code a-z 0-9 -}
   * @throws IOException if it cannot be stored or is longer than the store's bound; the old piece
   *     is then still there
   */
  void save(String name, Writer writer) throws IOException;

  /**
   * The piece of this name, verified and ready to be read from its start; empty if there is none
   * that verifies.
   */
  Optional<DataInputStream> load(String name);

  /** Removes the piece of this name, if there is one. */
  void remove(String name) throws IOException;

  /**
   * A store in whose place nothing can be kept: it has no piece, and refuses to save one.
   *
   * @param why said by each refusal
   */
  static StateStore unavailable(String why) {
    return new StateStore() {
      @Override
      public void save(String name, Writer writer) throws IOException {
        throw new IOException(why);
      }

      @Override
      public Optional<DataInputStream> load(String name) {
        return Optional.empty();
      }

      @Override
      public void remove(String name) {}
    };
  }

  /** Writes one piece. */
  @FunctionalInterface
  interface Writer {
    void write(DataOutput out) throws IOException;
  }
}
