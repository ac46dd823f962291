package io.emberfs.app.command;

import io.emberfs.app.config.Places;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command runs in.
 *
 * @param out for results, and nothing else
 * @param err for messages
 * @param environment of the process
 * @param directory that relative paths start from: the user's, where the process itself works
 *     elsewhere so as to keep no directory in use
 */
public record Console(
    PrintStream out, PrintStream err, Map<String, String> environment, Path directory) {
  Places places() {
    return Places.of(environment);
  }

  MountPoints mountPoints() {
    return new MountPoints(new KnownMounts(places().knownMounts()));
  }
}
