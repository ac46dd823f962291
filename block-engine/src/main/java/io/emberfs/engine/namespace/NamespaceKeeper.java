package io.emberfs.engine.namespace;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is remembered of a backing over restarts, and proves that it may be believed: saved
 * and mark carry the same id, and the mark says so only while nothing has been changed since.
 *
 * <p>The order that makes it true: what was changed is durable in the backing, and the state is
 * durable with an id that nothing had before, before the mark becomes {@code clean} with this id;
 * and it becomes {@code open}, durably, before the next change ({@link MarkedBackingStore}).
 *
 * <p>One thread loads and starts, one saves, one closes, one after the other but for the first two.
 */
public final class NamespaceKeeper implements AutoCloseable {
  /** How often {@link #saveStep} is worth its while. */
  public static final long SAVE_PERIOD_MILLIS = 60_000;

  private static final Logger LOG = LoggerFactory.getLogger(NamespaceKeeper.class);

  private final RememberingBackingStore names;
  private final MarkedBackingStore marked;
  private final StateStore state;
  private final RandomGenerator random;
  private final boolean mayMark;
  private final Meters.Counter damaged;
  private final Meters.Counter saves;

  /** Of the mark, while it is clean; else null. */
  private @Nullable MarkId cleanId;

  private long savedRevision;
  private boolean isServing;

  /** Of the thread that saves. */
  private boolean isFirstStep = true;

  /** The backing took no mark when it was asked: only the end asks again, each costs a sync. */
  private boolean takesNoMark;

  private BooleanSupplier hasAll = () -> true;
  private volatile boolean isTrusted;
  private volatile String distrust = "nothing was saved before";

  /**
   * @param names what remembers, above {@code marked}
   * @param mayMark false for a mount that must not change the backing at all: it believes what was
   *     saved before, and leaves it as it is
   * @param random draws ids that nobody had before
   */
  public NamespaceKeeper(
      RememberingBackingStore names,
      MarkedBackingStore marked,
      StateStore state,
      RandomGenerator random,
      boolean mayMark,
      Meters meters) {
    this.names = names;
    this.marked = marked;
    this.state = state;
    this.random = random;
    this.mayMark = mayMark;
    marked.onMark(names::forgetRoot);
    damaged = meters.counter("namespace.damaged");
    saves = meters.counter("namespace.saves");
    meters.gauge("namespace.trusted", () -> isTrusted ? 1 : 0);
    meters.text("namespace.distrust", () -> distrust);
  }

  /**
   * Takes up what an earlier run saved, if the mark on the backing proves that it is still true.
   *
   * @param objection why it is not to be believed whatever the mark says; empty if it may be
   */
  public void load(String objection) {
    distrust = objection.isEmpty() ? take() : objection;
    isTrusted = distrust.isEmpty();
    if (isTrusted) {
      LOG.info("namespace: {} nodes are known from before", names.memory().nodeCount());
    } else {
      LOG.info("namespace: nothing is known from before: {}", distrust);
    }
    try {
      // It is in the kernel's memory since it was opened, and will be asked about first.
      Attributes _ = names.attributes(names.root());
    } catch (BackingException failed) {
      LOG.debug("namespace: the root cannot be looked at yet: {}", failed.getMessage());
    }
    savedRevision = names.memory().revision();
  }

  /** Why nothing was taken up; empty if something was. */
  private String take() {
    MarkId marking = marked.cleanId();
    try {
      Optional<NamespaceState.Opened> opened = NamespaceState.open(state);
      if (opened.isEmpty()) {
        return "nothing was saved before";
      }
      NamespaceState.Header header = opened.get().header();
      if (marking == null) {
        return "the backing is not marked as left in order: it was changed, or a mount that changed"
            + " it did not end in order";
      }
      if (!marking.equals(header.id())) {
        return "the mark of the backing is of another state than the one saved here";
      }
      if (!header.root().equals(names.root().identity())) {
        return "what was saved is of another directory";
      }
      NamespaceState.load(opened.get(), names.memory());
      cleanId = marking;
      return "";
    } catch (IOException damage) {
      damaged.increment();
      LOG.warn("namespace: what was saved is left out: {}", damage.getMessage());
      names.memory().forgetAll();
      return "what was saved is damaged";
    }
  }

  /**
   * From here on a close is the end of a mount that has served.
   *
   * @param hasAll asked at the close: whether the backing has every change that was promised
   */
  public void start(BooleanSupplier hasAll) {
    this.hasAll = hasAll;
    isServing = true;
  }

  /** Saves what is remembered while nothing was changed, so that a kill costs little; returns 0. */
  public int saveStep() {
    if (isFirstStep) {
      // It comes with the start, of which nothing is worth a sync of the backing.
      isFirstStep = false;
    } else if (mayMark
        && !takesNoMark
        && !marked.isOpen()
        && savedRevision != names.memory().revision()) {
      try {
        save(false);
      } catch (IOException | BackingException failed) {
        LOG.debug("namespace: not saved: {}", failed.getMessage());
      }
    }
    return 0;
  }

  /**
   * @param isEnd nobody changes the backing any more
   */
  private void save(boolean isEnd) throws IOException {
    MarkId present = marked.isOpen() ? null : cleanId;
    MarkId id = present == null ? MarkId.drawn(random) : present;
    long revision = names.memory().revision();
    NamespaceState.save(
        state, new NamespaceState.Header(id, names.root().identity()), names.memory());
    saves.increment();
    boolean isChanging = !isEnd && marked.isOpen();
    if (isChanging) {
      // It may show the change under the id that the backing has until then, and has again if
      // somebody puts an older state of it back.
      NamespaceState.remove(state);
    } else if (present == null) {
      // Also what others wrote before this mount: it is remembered as it is.
      names.syncAll();
      cleanId = marked.clean(id, isEnd) ? id : null;
      takesNoMark = cleanId == null && !marked.isOpen();
    }
    savedRevision = revision;
  }

  /** The end: everything else of this mount is closed, but for the backing and the state. */
  @Override
  public void close() {
    if (!isServing) {
      return;
    }
    isServing = false;
    try {
      if (!hasAll.getAsBoolean()) {
        if (mayMark) {
          marked.open();
        }
      } else if (mayMark
          && (marked.isOpen() || cleanId == null || savedRevision != names.memory().revision())) {
        save(true);
      }
    } catch (IOException | BackingException failed) {
      LOG.warn(
          "namespace: what is remembered does not outlive this mount: {}", failed.getMessage());
    }
  }
}
