package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that watches a directory, changes it, and tells which names it was told of. */
final class DirectoryWatch {
  private static final long EVENT_SECONDS_MAX = 20;

  private DirectoryWatch() {}

  /** Argument: an empty directory. */
  @SuppressWarnings("SystemOut") // A program of its own; this is its result.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Path.of(arguments[0]);
    try (WatchService watch = directory.getFileSystem().newWatchService()) {
      directory.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
      Files.writeString(directory.resolve("kept"), "x");
      Files.writeString(directory.resolve("removed"), "x");
      Files.delete(directory.resolve("removed"));
      TreeSet<String> seen = new TreeSet<>();
      while (seen.size() < 3) {
        @Nullable WatchKey key = watch.poll(EVENT_SECONDS_MAX, TimeUnit.SECONDS);
        if (key == null) {
          break;
        }
        key.pollEvents().forEach(event -> seen.add(event.kind() + " " + event.context()));
        key.reset();
      }
      System.out.println(seen);
    }
  }
}
