package io.emberfs.bench;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Numbers out of JSON documents, by the path to them. */
final class Numbers {
  private final Object root;

  private Numbers(Object root) {
    this.root = root;
  }

  /** Reads a document; text before the first brace is skipped, for fio prints warnings there. */
  static Numbers parse(String text) throws IOException {
    Object root = Json.read(text.substring(Math.max(0, text.indexOf('{'))));
    if (root == null) {
      throw new IOException("not JSON: " + text);
    }
    return new Numbers(root);
  }

  /** The number at a path of keys and list positions. */
  double at(String... path) throws IOException {
    Object place = root;
    for (String step : path) {
      Object next =
          switch (place) {
            case Map<?, ?> map -> map.get(step);
            case List<?> list -> list.get(Integer.parseInt(step));
            default -> null;
          };
      if (next == null) {
        throw new IOException("no " + String.join(".", path) + " in the document");
      }
      place = next;
    }
    if (place instanceof Number number) {
      return number.doubleValue();
    }
    throw new IOException(String.join(".", path) + " is no number");
  }

  /** The whole number at a path. */
  long count(String... path) throws IOException {
    return Math.round(at(path));
  }
}
