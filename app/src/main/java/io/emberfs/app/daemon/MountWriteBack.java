package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.MountConfiguration.Writing;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import io.emberfs.core.Workers;
import io.emberfs.core.WriteJournal;
import io.emberfs.engine.writeback.JournalReplay;
import io.emberfs.engine.writeback.WriteBack;
import io.emberfs.engine.writeback.WriteBackSpec;
import io.emberfs.persistence.journal.FileJournal;
import io.emberfs.persistence.journal.JournalFindings;
import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.persistence.state.StateDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The write-back of a mount with its journal. A mount that writes through has none; if an ended
 * mount left changes in the journal, they reach the backing before anything is served.
 */
final class MountWriteBack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountWriteBack.class);
  private static final int FLUSH_THREADS = 4;
  private static final long JOURNAL_IDLE_MILLIS = 100;
  private static final Duration RETRY = Duration.ofMillis(200);

  private final WriteBack writeBack;
  private final FileJournal journal;
  private final long replayedRecordCount;
  private volatile boolean leavesJournal;

  private MountWriteBack(WriteBack writeBack, FileJournal journal, long replayedRecordCount) {
    this.writeBack = writeBack;
    this.journal = journal;
    this.replayedRecordCount = replayedRecordCount;
  }

  /**
   * Opens the journal and takes up what is in it.
   *
   * @param state hears what was found
   * @param aroundJournal wraps the journal
   * @return null for a mount that writes through
   * @throws Refusal if changes would be lost, or there is no place for a journal
   */
  static @Nullable MountWriteBack open(
      MountConfiguration configuration,
      MountState state,
      UnaryOperator<WriteJournal> aroundJournal,
      BlockCache below,
      BackingStore store,
      BlockCache.ChangeListener listener,
      Clock clock,
      Meters meters)
      throws Refusal, IOException {
    Writing writing = configuration.writing();
    String what = "cannot mount " + configuration.backing();
    if (!(state.directory() instanceof StateDirectory directory)) {
      if (writing.isBack()) {
        throw new Refusal(
            ExitCode.CONFIGURATION,
            "cannot use --write back",
            "the state directory, where the journal would be, cannot be used",
            "see to it, or give another --state-dir or --write through");
      }
      return null;
    }
    Path folder = directory.journal();
    if (writing.discardsJournal()) {
      state.findings().text("journal", "discarded, as asked for");
      LOG.warn("journal: {} is discarded, as asked for", folder);
      FileJournal.discard(folder);
    }
    boolean holdsRecords = JournalScan.holdsRecords(folder);
    if (!writing.isBack() && !holdsRecords) {
      return null;
    }
    if (holdsRecords && configuration.flags().readOnly()) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          "its journal holds changes that the backing does not have, and --ro forbids to bring them"
              + " there",
          "mount it once without --ro, or give --discard-journal to lose them");
    }
    MountWriteBack opened =
        open(
            writing,
            folder,
            aroundJournal,
            below,
            store,
            listener,
            state.findings(),
            clock,
            meters);
    opened.tell(state.findings());
    if (writing.isBack()) {
      return opened;
    }
    opened.bringHome(what);
    return null;
  }

  private static MountWriteBack open(
      Writing writing,
      Path folder,
      UnaryOperator<WriteJournal> aroundJournal,
      BlockCache below,
      BackingStore store,
      BlockCache.ChangeListener listener,
      StartFindings findings,
      Clock clock,
      Meters meters)
      throws IOException {
    JournalReplay replay = new JournalReplay(clock);
    FileJournal journal = FileJournal.open(folder, FileJournal.SEGMENT_BYTES, replay, meters);
    WriteBack writeBack =
        new WriteBack(
            new WriteBackSpec(writing.dirtyBytesMax(), writing.flushAge().toNanos()),
            below,
            store,
            aroundJournal.apply(journal),
            replay,
            listener,
            findings,
            clock,
            meters);
    if (replay.recordCount() > 0) {
      LOG.info(
          "journal: {} records of {} files taken up",
          replay.recordCount(),
          writeBack.dirtyFileCount());
    }
    return new MountWriteBack(writeBack, journal, replay.recordCount());
  }

  private void tell(StartFindings findings) {
    JournalFindings found = journal.findings();
    findings.count("journalRecords", found.records());
    findings.count("journalBytes", found.bytes());
    findings.count("journalFiles", writeBack.dirtyFileCount());
    findings.count("journalMissingRecords", found.missingRecords());
    findings.count("journalTornTailBytes", found.tornTailBytes());
    findings.count("journalMillis", found.millis());
    if (!found.damagedSegments().isEmpty()) {
      findings.text("journalDamaged", String.join(" ", found.damagedSegments()));
    }
  }

  /** Before a mount that writes through: its reads and writes know of no journal. */
  private void bringHome(String what) throws Refusal {
    int failed = writeBack.flushAll();
    leavesJournal = true;
    close();
    if (failed > 0) {
      throw new Refusal(
          ExitCode.FAILED,
          what,
          failed
              + " files with changes in the journal of an earlier mount cannot be written to the"
              + " backing",
          "see to the backing, mount it with --write back, or give --discard-journal to lose them");
    }
  }

  BlockCache cache() {
    return writeBack.cache();
  }

  /** Records of an ended mount that were found. */
  long replayedRecordCount() {
    return replayedRecordCount;
  }

  void start(Workers workers) {
    writeBack.start(workers, FLUSH_THREADS);
    workers.loop("emberfs-journal", JOURNAL_IDLE_MILLIS, () -> journal.prepareStep() ? 1 : 0);
  }

  /**
   * Brings everything that is dirty now to the backing.
   *
   * @param patience how long files that cannot be written are tried again
   * @return whether all is there, in that time
   */
  boolean flush(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    int failed = writeBack.flushAll();
    // Whoever waits has little patience left over for the answer.
    while (failed > 0 && deadline - System.nanoTime() > RETRY.toNanos()) {
      try {
        Thread.sleep(RETRY);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        return false;
      }
      failed = writeBack.flushAll();
    }
    return failed == 0 && System.nanoTime() - deadline < 0;
  }

  long dirtyFileCount() {
    return writeBack.dirtyFileCount();
  }

  /** The end does not wait for the backing: what it lacks stays in the journal. */
  void leaveJournal() {
    leavesJournal = true;
  }

  /** A phrase for people about what the backing does not have; empty if it has all. */
  String leftInJournal() {
    long count = writeBack.dirtyFileCount();
    return count == 0
        ? ""
        : "changes of "
            + count
            + (count == 1 ? " file stay" : " files stay")
            + " in the journal ("
            + ByteSize.format(journal.heldBytes())
            + ") for the next mount";
  }

  @Override
  public void close() {
    if (!leavesJournal) {
      int failed = writeBack.flushAll();
      if (failed > 0) {
        LOG.warn("journal: {}", leftInJournal());
      }
    }
    writeBack.close();
    journal.close();
  }
}
