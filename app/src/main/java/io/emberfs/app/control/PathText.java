package io.emberfs.app.control;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Paths below a mount point as they cross the control channel: bytes that are no plain letter are
 * written as {@code %} and two digits, since names are bytes and JSON is text. Inside the daemon a
 * path is a string with a character for each byte ({@link io.emberfs.core.Pins}).
 */
public final class PathText {
  private static final String PLAIN = "-._~/";
  private static final int HEX_DIGITS = 2;
  private static final int HEX = 16;

  private PathText() {}

  /** The text of a path below a directory, both real; empty for the directory itself. */
  public static String below(Path directory, Path path) {
    String whole = withoutSlash(path.toUri().getRawPath());
    String parent = withoutSlash(directory.toUri().getRawPath());
    return whole.equals(parent) ? "" : encoded(bytes(whole.substring(parent.length() + 1)));
  }

  /** The path that a text names below a directory. */
  public static Path resolve(Path directory, String text) {
    return text.isEmpty()
        ? directory
        : Path.of(
            URI.create("file://" + withoutSlash(directory.toUri().getRawPath()) + "/" + text));
  }

  /** The text of a path of the daemon's. */
  public static String encoded(String path) {
    StringBuilder text = new StringBuilder(path.length());
    for (byte each : path.getBytes(StandardCharsets.ISO_8859_1)) {
      char character = (char) (each & 0xFF);
      if (isLetterOrDigit(character) || PLAIN.indexOf(character) >= 0) {
        text.append(character);
      } else {
        text.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
      }
    }
    return text.toString();
  }

  /** The daemon's path of a text; empty if it is not the text of a path. */
  public static Optional<String> decoded(String text) {
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      boolean isEscape =
          character == '%'
              && i + HEX_DIGITS < text.length()
              && HexFormat.isHexDigit(text.charAt(i + 1))
              && HexFormat.isHexDigit(text.charAt(i + 2));
      if (isEscape) {
        i += HEX_DIGITS;
      } else if (!isLetterOrDigit(character) && PLAIN.indexOf(character) < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(bytes(text));
  }

  /** Undoes the escapes of a text that is known to be right. */
  private static String bytes(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '%') {
        bytes.write(Integer.parseInt(text.substring(i + 1, i + 1 + HEX_DIGITS), HEX));
        i += HEX_DIGITS;
      } else {
        bytes.write(text.charAt(i));
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private static boolean isLetterOrDigit(char character) {
    return character < 0x80 && Character.isLetterOrDigit(character);
  }

  private static String withoutSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }
}
