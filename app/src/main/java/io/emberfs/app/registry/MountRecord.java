package io.emberfs.app.registry;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is written down about a mount.
 *
 * @param mountPoint canonical
 * @param backing canonical
 * @param stateDirectory absolute
 * @param socket the control socket
 * @param process the daemon
 */
public record MountRecord(
    Path mountPoint, Path backing, Path stateDirectory, Path socket, ProcessMark process) {
  private static final String MOUNT_POINT = "mountpoint";
  private static final String BACKING = "backing";
  private static final String STATE_DIRECTORY = "stateDirectory";
  private static final String SOCKET = "socket";
  private static final String PID = "pid";
  private static final String START_TICKS = "startTicks";

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(MOUNT_POINT, mountPoint.toString());
    map.put(BACKING, backing.toString());
    map.put(STATE_DIRECTORY, stateDirectory.toString());
    map.put(SOCKET, socket.toString());
    map.put(PID, process.pid());
    map.put(START_TICKS, process.startTicks());
    return map;
  }

  /** The record in a parsed file; empty if a key is missing or of another kind. */
  static Optional<MountRecord> of(Map<?, ?> map) {
    if (map.get(MOUNT_POINT) instanceof String mountPoint
        && map.get(BACKING) instanceof String backing
        && map.get(STATE_DIRECTORY) instanceof String stateDirectory
        && map.get(SOCKET) instanceof String socket
        && map.get(PID) instanceof Number pid
        && map.get(START_TICKS) instanceof Number startTicks) {
      return Optional.of(
          new MountRecord(
              Path.of(mountPoint),
              Path.of(backing),
              Path.of(stateDirectory),
              Path.of(socket),
              new ProcessMark(pid.longValue(), startTicks.longValue())));
    }
    return Optional.empty();
  }
}
