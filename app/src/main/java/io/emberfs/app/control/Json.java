package io.emberfs.app.control;

import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import org.jspecify.annotations.Nullable;

/** JSON to and from plain maps, lists, strings, numbers and booleans. Any thread. */
public final class Json {
  private static final int DEPTH_MAX = 16;
  private static final JsonType<Object> TYPE = Jsonb.builder().build().type(Object.class);

  private Json() {}

  /** One line of JSON. */
  public static String write(Object value) {
    return TYPE.toJson(value);
  }

  /**
   * The value of a text, or null if the text is not JSON or nests deeper than anything that is
   * exchanged here.
   */
  public static @Nullable Object read(String text) {
    if (isTooDeep(text)) {
      return null;
    }
    try {
      return TYPE.fromJson(text);
    } catch (RuntimeException malformed) {
      // The parser has no common type for what is malformed: it throws whatever it runs into.
      return null;
    }
  }

  private static boolean isTooDeep(String text) {
    int depth = 0;
    boolean inString = false;
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == '"') {
        inString = !inString;
      } else if (inString) {
        i += character == '\\' ? 1 : 0;
      } else if (character == '{' || character == '[') {
        depth++;
      } else if (character == '}' || character == ']') {
        depth--;
      }
      if (depth > DEPTH_MAX) {
        return true;
      }
    }
    return false;
  }
}
