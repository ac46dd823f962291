package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * SQLite with one row of 100 bytes a commit, in each of two journal modes: a rollback journal that
 * is deleted at each commit, which is its default, and a write-ahead log that each commit syncs.
 */
final class SqliteCommits implements DurableWrites.Work {
  /** One for each mode. */
  static final List<String> NAMES = Mode.names();

  private static final String PAYLOAD = "printf('%%0100d', %s)";
  private static final String SCHEMA = "CREATE TABLE kept (id INTEGER PRIMARY KEY, payload TEXT);";
  private static final String CHECK =
      "PRAGMA integrity_check; SELECT count(*) FROM kept WHERE payload = %s;"
          .formatted(PAYLOAD.formatted("id"));

  /** Modes, and commits that take the slow volume a few seconds. */
  private enum Mode {
    DELETE(100),
    WAL(300);

    private final int commitCount;

    Mode(int commitCount) {
      this.commitCount = commitCount;
    }

    private static List<String> names() {
      return List.of(DELETE.text(), WAL.text());
    }

    private String text() {
      return "SQLite commits, " + name();
    }

    private String file() {
      return name() + ".db";
    }
  }

  private final WorkPlace place;

  SqliteCommits(WorkPlace place) {
    this.place = place;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    for (Mode mode : Mode.values()) {
      sqlite(List.of(), folder.resolve(mode.file()), "PRAGMA journal_mode=" + mode + ";" + SCHEMA);
    }
  }

  @Override
  public void write(String side, Path folder, List<String> prefix, Report report)
      throws IOException {
    for (Mode mode : Mode.values()) {
      Path script = script(mode);
      Path database = folder.resolve(mode.file());
      long start = System.nanoTime();
      sqlite(prefix, database, ".read " + script);
      double seconds = (System.nanoTime() - start) / 1e9;
      report.add(DurableWrites.perSecond(side, mode.text()), mode.commitCount / seconds);
      check(mode, database);
    }
  }

  @Override
  public void verify(Path folder) throws IOException {
    for (Mode mode : Mode.values()) {
      check(mode, folder.resolve(mode.file()));
    }
  }

  private Path script(Mode mode) throws IOException {
    String commits =
        IntStream.rangeClosed(1, mode.commitCount)
            .mapToObj(
                id -> "INSERT INTO kept VALUES (%d, %s);\n".formatted(id, PAYLOAD.formatted(id)))
            .collect(Collectors.joining());
    return Files.writeString(place.resolve(mode + ".sql"), "PRAGMA synchronous=FULL;\n" + commits);
  }

  private static void check(Mode mode, Path database) throws IOException {
    String found = sqlite(List.of(), database, CHECK);
    if (!found.equals("ok\n" + mode.commitCount)) {
      throw new IOException(
          "%s is to be ok with %d rows: %s".formatted(database, mode.commitCount, found));
    }
  }

  private static String sqlite(List<String> prefix, Path database, String commands)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of("sqlite3", "-bail", database.toString(), commands));
    return Commands.output(command);
  }
}
