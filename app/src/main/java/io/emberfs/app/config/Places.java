package io.emberfs.app.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this user's files lie.
 *
 * @param cacheHome parent of the default state directories
 * @param knownMounts one file for each known mount
 * @param runDirectory control sockets
 */
public record Places(Path cacheHome, Path knownMounts, Path runDirectory) {
  private static final int ROOT = 0;
  private static final int ID_LENGTH = 12;

  /** The places of the user that runs this process. */
  public static Places of(Map<String, String> environment) {
    int userId = currentUserId();
    if (userId == ROOT) {
      return new Places(
          Path.of("/var/cache/emberfs"),
          Path.of("/var/lib/emberfs/mounts"),
          Path.of("/run/emberfs"));
    }
    Path home = Path.of(environment.getOrDefault("HOME", "/tmp/emberfs-home-" + userId));
    String runtime = environment.get("XDG_RUNTIME_DIR");
    return new Places(
        xdg(environment, "XDG_CACHE_HOME", home.resolve(".cache")),
        xdg(environment, "XDG_STATE_HOME", home.resolve(".local/state")).resolve("mounts"),
        isAbsolute(runtime) ? Path.of(runtime, "emberfs") : Path.of("/tmp/emberfs-" + userId));
  }

  /** Whether this process runs as root. */
  public static boolean isRoot() {
    return currentUserId() == ROOT;
  }

  /** Where the state of a backing lies if nothing else is said. */
  public Path defaultStateDirectory(Path canonicalBacking) {
    Path last = canonicalBacking.getFileName();
    String name = (last == null ? "root" : last.toString()).replaceAll("[^A-Za-z0-9._-]", "_");
    return cacheHome.resolve(
        name.substring(0, Math.min(32, name.length())) + "-" + id(canonicalBacking));
  }

  /** A short name of a path that no other path has. */
  public static String id(Path path) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(path.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, ID_LENGTH);
    } catch (NoSuchAlgorithmException cause) {
      throw new AssertionError("every Java has SHA-256", cause);
    }
  }

  static int currentUserId() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException cause) {
      throw new UncheckedIOException("/proc is not mounted", cause);
    }
  }

  private static Path xdg(Map<String, String> environment, String name, Path otherwise) {
    String value = environment.get(name);
    return (isAbsolute(value) ? Path.of(value) : otherwise).resolve("emberfs");
  }

  private static boolean isAbsolute(@Nullable String path) {
    return path != null && path.startsWith("/");
  }
}
