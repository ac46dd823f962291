package io.emberfs.app.command;

import io.emberfs.app.config.Places;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command runs in.
 *
 * @param out for results, and nothing else
 * @param err for messages
 * @param environment of the process
 */
public record Console(PrintStream out, PrintStream err, Map<String, String> environment) {
  Places places() {
    return Places.of(environment);
  }

  MountPoints mountPoints() {
    return new MountPoints(new KnownMounts(places().knownMounts()));
  }
}
