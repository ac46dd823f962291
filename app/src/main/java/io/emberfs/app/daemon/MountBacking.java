package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.MountConfiguration.Sharing;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Meters;
import io.emberfs.core.Workers;
import io.emberfs.engine.backing.CountingBackingStore;
import io.emberfs.engine.backing.DelayingBackingStore;
import io.emberfs.engine.backing.PosixBackingStore;
import io.emberfs.engine.namespace.MarkedBackingStore;
import io.emberfs.engine.namespace.MarkedBackingStore.Making;
import io.emberfs.engine.namespace.NamespaceKeeper;
import io.emberfs.engine.namespace.RememberingBackingStore;
import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.persistence.state.StateDirectory;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The backing of a mount, with all that stands around it: counting, the mark, and for a mount that
 * has it to itself the namespace that is remembered.
 *
 * @param store what the rooms ask; closed with this
 * @param keeper closed before the store, after everything that changes the backing
 */
record MountBacking(BackingStore store, Keeper keeper) implements AutoCloseable {
  /** Of the heap, for what is remembered of the namespace. */
  private static final int NAMESPACE_SHARE = 8;

  /**
   * Opens the backing and takes up what is known of it from before.
   *
   * @param around wraps the backing, below the counting
   * @throws Refusal if it cannot be opened
   */
  static MountBacking open(
      MountConfiguration configuration,
      MountState state,
      UnaryOperator<BackingStore> around,
      Meters meters)
      throws Refusal, IOException {
    boolean isExclusive = configuration.sharing() == Sharing.EXCLUSIVE;
    MarkedBackingStore marked;
    try {
      BackingStore store = around.apply(new PosixBackingStore(configuration.backing()));
      CountingBackingStore counting =
          new CountingBackingStore(
              configuration.backingDelay().isZero()
                  ? store
                  : new DelayingBackingStore(
                      store, configuration.backingDelay().toMillis(), MountBacking::sleep),
              meters);
      marked =
          new MarkedBackingStore(
              counting, isExclusive ? Making.ALWAYS : Making.NEVER, new SecureRandom(), meters);
    } catch (BackingException failed) {
      throw new Refusal(
          ExitCode.FAILED,
          "cannot mount " + configuration.backing(),
          String.valueOf(failed.getMessage()),
          "see that the directory can be opened");
    }
    if (!isExclusive) {
      return new MountBacking(marked, new Keeper(null));
    }
    try {
      RememberingBackingStore names =
          new RememberingBackingStore(
              marked, Runtime.getRuntime().maxMemory() / NAMESPACE_SHARE, meters);
      boolean mayMark = !configuration.flags().readOnly();
      NamespaceKeeper keeper =
          new NamespaceKeeper(names, marked, state.store(), new SecureRandom(), mayMark, meters);
      keeper.load(objection(configuration, state));
      return new MountBacking(names, new Keeper(keeper));
    } catch (IOException | RuntimeException failed) {
      marked.close();
      throw failed;
    }
  }

  /** Why nothing from before is to be believed; empty if it may be. */
  private static String objection(MountConfiguration configuration, MountState state)
      throws IOException {
    if (!configuration.restoreWarm()) {
      return "the mount was asked to begin cold";
    }
    boolean holdsRecords =
        state.directory() instanceof StateDirectory directory
            && JournalScan.holdsRecords(directory.journal());
    return holdsRecords ? "the journal holds changes of an ended mount" : "";
  }

  @Override
  public void close() {
    store.close();
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException _) {
      // A shorter delay is as good; whoever interrupts wants the thread to go on.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * What brings the namespace over restarts.
   *
   * @param namespace null for a mount that shares its backing: there is nothing to bring
   */
  record Keeper(@Nullable NamespaceKeeper namespace) implements AutoCloseable {
    /**
     * The mount is about to serve.
     *
     * @param hasAll asked at the end: whether the backing has every change that was promised
     */
    void start(Workers workers, BooleanSupplier hasAll) {
      if (namespace != null) {
        namespace.start(hasAll);
        workers.loop("emberfs-namespace", NamespaceKeeper.SAVE_PERIOD_MILLIS, namespace::saveStep);
      }
    }

    @Override
    public void close() {
      if (namespace != null) {
        namespace.close();
      }
    }
  }
}
