package io.emberfs.persistence.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether the run before ended cleanly, and keeps a record of the start if it did not. The
 * mark of a run is set before any room of the directory is opened and taken away after the last was
 * closed, both durably. The record is there from the beginning of the start, so that a start that
 * is lost itself is seen too, and gets its lines when the mount answers, or is closed without, and
 * from then on as they come.
 *
 * <p>Where the device does not take mark or record, the run goes on without: a warning is logged.
 * Any thread.
 */
public final class RunWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunWatch.class);
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Path directory;
  private final FileStateStore store;
  private final Clock clock;
  private final long startNanos;
  private final Map<String, Object> found = Collections.synchronizedMap(new LinkedHashMap<>());

  /** Null after a clean end: nothing is kept then. */
  @GuardedBy("this")
  private @Nullable StartRecord record;

  @GuardedBy("this")
  private StartRecords records = new StartRecords(List.of(), false);

  @GuardedBy("this")
  private boolean isAnswered;

  private RunWatch(StateDirectory directory, FileStateStore store, Clock clock) {
    this.directory = directory.directory();
    this.store = store;
    this.clock = clock;
    startNanos = clock.nanoTime();
  }

  /**
   * Begins a run in a directory that this process has.
   *
   * @param store of the directory's pieces; keeps the records
   * @param version of this emberfs
   * @param meters counts records that could not be understood, in {@code state.damaged}
   */
  public static RunWatch begin(
      StateDirectory directory, FileStateStore store, String version, Clock clock, Meters meters) {
    RunWatch watch = new RunWatch(directory, store, clock);
    Run run =
        new Run(
            clock.wallNanos() / NANOS_PER_MILLI,
            ProcessHandle.current().pid(),
            version.substring(0, Math.min(version.length(), Run.VERSION_LENGTH_MAX)));
    Optional<Run> lost = RunMark.read(watch.directory);
    try {
      RunMark.set(watch.directory, run);
    } catch (IOException failure) {
      LOG.warn("state: the end of this run will not be known: {}", failure.getMessage());
    }
    lost.ifPresent(before -> watch.beginRecord(before, run, meters));
    return watch;
  }

  private synchronized void beginRecord(Run lost, Run run, Meters meters) {
    records = StartRecords.load(store);
    if (records.isDamaged()) {
      meters.counter("state.damaged").increment();
      LOG.warn("state: the records of earlier starts cannot be understood and begin anew");
    }
    StartRecord begun =
        new StartRecord(records.nextId(), lost, run, StartRecord.NOT_ANSWERED, Map.of());
    record = begun;
    LOG.warn(
        "state: the last run (pid {}) did not end cleanly; emberfs replay show {} says what this"
            + " start found",
        lost.pid(),
        begun.id());
    save(begun);
    findPieces();
  }

  private void findPieces() {
    try {
      long whole = 0;
      long damaged = 0;
      for (FileStateStore.Piece piece : store.inspect()) {
        boolean isWarmState = !piece.name().equals(StartRecords.PIECE);
        whole += isWarmState && piece.problem().isEmpty() ? 1 : 0;
        damaged += isWarmState && !piece.problem().isEmpty() ? 1 : 0;
      }
      findings().count("warmPieces", whole);
      findings().count("warmPiecesDamaged", damaged);
    } catch (IOException failure) {
      findings().text("warmPiecesUnread", String.valueOf(failure.getMessage()));
    }
  }

  /** Takes what this start finds; kept if the run before did not end cleanly. */
  public StartFindings findings() {
    return new StartFindings() {
      @Override
      public void count(String name, long value) {
        put(name, value);
      }

      @Override
      public void text(String name, String value) {
        put(name, value.substring(0, Math.min(value.length(), TEXT_LENGTH_MAX)));
      }
    };
  }

  private void put(String name, Object value) {
    if (!name.matches(StartFindings.NAME_PATTERN)) {
      throw new IllegalArgumentException("finding " + name);
    }
    synchronized (found) {
      if (found.containsKey(name) || found.size() < StartFindings.LINES_MAX) {
        found.put(name, value);
      }
    }
    keepLate();
  }

  private synchronized void keepLate() {
    StartRecord begun = record;
    if (isAnswered && begun != null) {
      complete(begun.answerMillis());
    }
  }

  /** The mount answers: completes the record of this start, if there is one. */
  public synchronized void answered() {
    isAnswered = true;
    complete((clock.nanoTime() - startNanos) / NANOS_PER_MILLI);
  }

  /** The end of this run, with everything saved and closed that there is. */
  @Override
  public synchronized void close() {
    if (!isAnswered) {
      complete(StartRecord.NOT_ANSWERED);
    }
    try {
      RunMark.remove(directory);
    } catch (IOException failure) {
      LOG.warn(
          "state: the next start will take this end for an unclean one: {}", failure.getMessage());
    }
  }

  @GuardedBy("this")
  private void complete(long answerMillis) {
    StartRecord begun = record;
    if (begun != null) {
      synchronized (found) {
        record = new StartRecord(begun.id(), begun.lost(), begun.run(), answerMillis, found);
      }
      save(record);
    }
  }

  @GuardedBy("this")
  private void save(StartRecord kept) {
    try {
      records = records.with(kept);
      records.save(store);
    } catch (IOException failure) {
      LOG.warn("state: the record of this start is not kept: {}", failure.getMessage());
    }
  }
}
