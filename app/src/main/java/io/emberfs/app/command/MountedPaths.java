package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.PathText;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountPoints.State;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Files and directories inside one mount, as a user named them.
 *
 * @param mount whose daemon can be asked
 * @param texts what they are called below the mount point, as {@link PathText}
 */
record MountedPaths(LiveMount mount, List<String> texts) {
  private static final Duration LIST_TIMEOUT = Duration.ofMinutes(5);

  /** Of a request, with room for the rest of its line, in which a path may stand once more. */
  private static final int TEXT_BYTES_MAX = 48 << 10;

  /** What stands around a path in a request, at most. */
  private static final int BYTES_BESIDE_TEXT = 16;

  MountedPaths {
    texts = List.copyOf(texts);
  }

  /**
   * Finds the mount that all paths are in.
   *
   * @throws Refusal if a path is in none, or in another one than the first
   */
  static MountedPaths of(List<Path> given, Console console) throws Refusal, IOException {
    List<Mount> mounts = console.mountPoints().all();
    List<Path> reals = new ArrayList<>();
    for (Path path : given) {
      Path absolute = console.directory().resolve(path).toAbsolutePath().normalize();
      // A dead mount must not be asked for the rest of the path.
      Optional<Mount> above = deepest(mounts, absolute);
      if (above.isPresent()) {
        refuseDead(above.get());
      }
      reals.add(real(absolute));
    }
    Mount first = mountOf(mounts, given.getFirst(), reals.getFirst());
    List<String> texts = new ArrayList<>();
    int length = 0;
    for (int i = 0; i < reals.size(); i++) {
      if (!mountOf(mounts, given.get(i), reals.get(i)).equals(first)) {
        throw new Refusal(
            ExitCode.USAGE,
            "cannot go on with " + given.get(i),
            "it is not in the mount " + first.mountPoint() + ", as " + given.getFirst() + " is",
            "give the paths of one mount at a time");
      }
      texts.add(PathText.below(first.mountPoint(), reals.get(i)));
      length += texts.getLast().length() + BYTES_BESIDE_TEXT;
    }
    if (length > TEXT_BYTES_MAX) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot go on with " + given.size() + " paths",
          "together they are longer than " + TEXT_BYTES_MAX + " bytes",
          "give a directory that they are in, or a part of them");
    }
    refuseDead(first);
    return new MountedPaths(LiveMount.of(first), texts);
  }

  /** A name that is not there is one all the same: its pin may be what is meant. */
  private static Path real(Path absolute) throws IOException {
    try {
      return absolute.toRealPath();
    } catch (NoSuchFileException missing) {
      Path parent = absolute.getParent();
      Path name = absolute.getFileName();
      if (parent == null || name == null) {
        throw missing;
      }
      return real(parent).resolve(name);
    }
  }

  private static void refuseDead(Mount mount) throws Refusal {
    if (mount.state() == State.DEAD) {
      throw new Refusal(
          ExitCode.NOT_MOUNTED,
          mount.mountPoint() + " is a dead mount",
          "its daemon has ended",
          "emberfs umount " + mount.mountPoint() + ", and mount again");
    }
  }

  private static Optional<Mount> deepest(List<Mount> mounts, Path path) {
    return mounts.stream()
        .filter(mount -> path.startsWith(mount.mountPoint()))
        .max(Comparator.comparingInt(mount -> mount.mountPoint().getNameCount()));
  }

  private static Mount mountOf(List<Mount> mounts, Path given, Path real) throws Refusal {
    return deepest(mounts, real)
        .orElseThrow(() ->
            new Refusal(
                ExitCode.NOT_MOUNTED,
                given + " is not mounted",
                "emberfs has no mount there or above",
                "emberfs status lists the mounts"));
  }

  /** A request about these paths. */
  ControlRequest request(String verb, Map<String, String> options) {
    Map<String, String> all = new LinkedHashMap<>(options);
    for (int i = 0; i < texts.size(); i++) {
      all.put("path" + i, texts.get(i));
    }
    return new ControlRequest(verb, all);
  }

  /** Visits the pins of these paths, in order. */
  void forEachPin(Consumer<PinnedFile> visitor) throws Refusal, IOException {
    String after = "";
    boolean hasMore = true;
    while (hasMore) {
      Map<String, Object> reply =
          mount.ask(request(ControlRequest.PINS, Map.of("after", after)), LIST_TIMEOUT);
      hasMore = Boolean.TRUE.equals(reply.get("hasMore"));
      if (reply.get("pins") instanceof List<?> rows) {
        for (Object row : rows) {
          PinnedFile pin = PinnedFile.of(row);
          after = pin.text();
          visitor.accept(pin);
        }
      }
    }
  }

  /** Where a pinned file is found through the mount. */
  Path path(PinnedFile pin) {
    return PathText.resolve(mount.known().mountPoint(), pin.text());
  }
}
