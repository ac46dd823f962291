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
    return of(environment, currentUserId());
  }

  static Places of(Map<String, String> environment, int userId) {
    if (userId == ROOT) {
      return new Places(
          Path.of("/var/cache/emberfs"),
          Path.of("/var/lib/emberfs/mounts"),
          Path.of("/run/emberfs"));
    }
    Path run = runDirectory(environment.get("XDG_RUNTIME_DIR"), userId);
    Path home = home(environment.get("HOME"), run);
    return new Places(
        xdg(environment, "XDG_CACHE_HOME", home.resolve(".cache")),
        xdg(environment, "XDG_STATE_HOME", home.resolve(".local/state")).resolve("mounts"),
        run);
  }

  /**
   * The system's directory for this user's sockets; where there is none, or it is another user's,
   * as after su(1), one that {@link PrivateDirectory} makes.
   */
  private static Path runDirectory(@Nullable String given, int userId) {
    return isAbsolute(given) && isOwn(Path.of(given), userId)
        ? Path.of(given, "emberfs")
        : Path.of("/tmp/emberfs-" + userId);
  }

  /** HOME, else what the user table says, else a place in the private directory. */
  private static Path home(@Nullable String given, Path runDirectory) {
    String listed = System.getProperty("user.home");
    if (isAbsolute(given)) {
      return Path.of(given);
    }
    return isAbsolute(listed) ? Path.of(listed) : runDirectory.resolve("home");
  }

  private static boolean isOwn(Path file, int userId) {
    try {
      return Files.getAttribute(file, "unix:uid").equals(userId);
    } catch (IOException missing) {
      return false;
    }
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

  /** Whether a file is there and belongs to this user. */
  public static boolean isOwn(Path file) {
    return isOwn(file, currentUserId());
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
