package io.emberfs.core;

/**
 * What a start finds of the run before it: named counts and texts, kept in the order in which they
 * are told when that run did not end cleanly. Any thread.
 *
 * <p>Bounded: lines beyond {@link #LINES_MAX} are dropped, a longer text is cut. A name that is
 * told again replaces what was said. What is told when the mount answers already is kept at once.
 */
public interface StartFindings {
  /** Lines of one start at most. */
  int LINES_MAX = 64;

  /** Characters of a text at most. */
  int TEXT_LENGTH_MAX = 300;

  /** What a name looks like; it is a key of the JSON that users get. */
  String NAME_PATTERN = "[a-zA-Z][a-zA-Z0-9]{0,63}";

  /** Tells a number. */
  void count(String name, long value);

  /** Tells a text, for people. */
  void text(String name, String value);

  /** Where nothing is kept. */
  static StartFindings none() {
    return new StartFindings() {
      @Override
      public void count(String name, long value) {}

      @Override
      public void text(String name, String value) {}
    };
  }
}
