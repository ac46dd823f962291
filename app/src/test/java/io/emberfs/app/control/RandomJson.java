package io.emberfs.app.control;

import java.util.random.RandomGenerator;

/** Lines that are almost requests. */
final class RandomJson {
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"version\"",
    "\"verb\"",
    "\"options\"",
    "\"stats\"",
    "1",
    "-0",
    "1e999",
    "null",
    "true",
    "\"\\u12\"",
    "\"",
    "\\",
    "\u0000",
    "\uD83D",
    "{\"version\":1,",
    "{\"version\":1,\"verb\":\"stats\"",
    " ",
    "\r"
  };

  private RandomJson() {}

  static String line(RandomGenerator random) {
    StringBuilder line = new StringBuilder();
    int pieceCount = random.nextInt(40);
    for (int i = 0; i < pieceCount; i++) {
      line.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return line.toString();
  }
}
