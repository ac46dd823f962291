package io.emberfs.app.daemon;

import io.emberfs.ffi.StandardStreams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Java itself has to say of a daemon in the background: that it had to end for want of memory,
 * where it crashed, thread dumps on SIGQUIT. It goes to a file beside the log; the next daemon puts
 * that file aside, keeping one, and says so in its log.
 */
public final class JavaMessages {
  private static final Logger LOG = LoggerFactory.getLogger(JavaMessages.class);
  private static final String ASIDE_SUFFIX = ".1";
  private static final int LINE_LENGTH_MAX = 400;

  private JavaMessages() {}

  /**
   * Puts aside what the last daemon has left, and lets standard output and error end in the file.
   *
   * @param file in a directory that only its owner may enter
   */
  public static void goTo(Path file) throws IOException {
    if (Files.exists(file) && Files.size(file) > 0) {
      Path aside = file.resolveSibling(file.getFileName() + ASIDE_SUFFIX);
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      LOG.warn("the last daemon left a message of Java, in {}: {}", aside, beginning(aside));
    }
    StandardStreams.appendTo(file.toString());
  }

  /** The first line with a word in it. */
  private static String beginning(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      String line = lines.filter(each -> each.matches(".*\\w.*")).findFirst().orElse("");
      return line.substring(0, Math.min(LINE_LENGTH_MAX, line.length()));
    }
  }
}
