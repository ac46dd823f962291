package io.emberfs.app.daemon;

import io.emberfs.app.answer.Refusal;
import io.emberfs.core.BlockCache;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.core.Pins;
import io.emberfs.core.Scrub;
import io.emberfs.core.Tier;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rooms of one mount, put together and ready to be mounted. */
public final class AssembledMount implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AssembledMount.class);

  /** Changes the budgets of tiers that serve. */
  @FunctionalInterface
  public interface Resizing {
    /**
     * Changes one tier's budget; what has no room any more is gone when this returns.
     *
     * @param tierName {@code ram} or {@code ssd}
     * @param bytes 0 switches the tier off until it is resized again
     * @return the budget until now, in bytes
     * @throws Refusal if there is no such tier or it cannot have that size; nothing changed then
     */
    long resize(String tierName, long bytes) throws Refusal;
  }

  private final FuseTransport transport;
  private final FsHandler handler;
  private final MountSpec spec;
  private final BlockCache cache;
  private final Scrub scrub;
  private final Pins pins;
  private final List<Tier> tiers;
  private final Optional<String> coldStart;
  private final Resizing resizing;
  private final @Nullable MountWriteBack writeBack;
  private final Meters meters;
  private final Runnable onAnswer;
  private final List<AutoCloseable> closing;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param transport not mounted yet
   * @param handler what the transport is to serve
   * @param spec what is to be mounted
   * @param cache the block engine
   * @param scrub verifies what its tiers hold
   * @param pins which files its tiers are asked to keep
   * @param tiers in the order in which they are asked
   * @param coldStart why persisted blocks were thrown away, if they were
   * @param resizing changes the tiers' budgets
   * @param writeBack null for a mount that writes through
   * @param meters every number of this mount
   * @param onAnswer hears once that the mount answers
   * @param closing everything that has an end, first to last
   */
  public AssembledMount(
      FuseTransport transport,
      FsHandler handler,
      MountSpec spec,
      BlockCache cache,
      Scrub scrub,
      Pins pins,
      List<Tier> tiers,
      Optional<String> coldStart,
      Resizing resizing,
      @Nullable MountWriteBack writeBack,
      Meters meters,
      Runnable onAnswer,
      List<AutoCloseable> closing) {
    this.transport = transport;
    this.handler = handler;
    this.spec = spec;
    this.cache = cache;
    this.scrub = scrub;
    this.pins = pins;
    this.tiers = List.copyOf(tiers);
    this.coldStart = coldStart;
    this.resizing = resizing;
    this.writeBack = writeBack;
    this.meters = meters;
    this.onAnswer = onAnswer;
    this.closing = List.copyOf(closing);
  }

  FuseTransport transport() {
    return transport;
  }

  FsHandler handler() {
    return handler;
  }

  MountSpec spec() {
    return spec;
  }

  BlockCache cache() {
    return cache;
  }

  Scrub scrub() {
    return scrub;
  }

  Pins pins() {
    return pins;
  }

  List<Tier> tiers() {
    return tiers;
  }

  Resizing resizing() {
    return resizing;
  }

  Meters meters() {
    return meters;
  }

  @Nullable MountWriteBack writeBack() {
    return writeBack;
  }

  /** Changes that an ended mount left in the journal. */
  public long replayedRecordCount() {
    return writeBack == null ? 0 : writeBack.replayedRecordCount();
  }

  /** The end does not wait for the backing. */
  void leaveJournal() {
    if (writeBack != null) {
      writeBack.leaveJournal();
    }
  }

  /** A phrase about what stays in the journal; empty if nothing does. */
  String leftInJournal() {
    return writeBack == null ? "" : writeBack.leftInJournal();
  }

  /** The kernel got its first answer. */
  void answered() {
    onAnswer.run();
  }

  /** Name of the transport that serves. */
  public String transportName() {
    return transport.name();
  }

  /** Why it is that transport. */
  public String transportReason() {
    return transport.reason();
  }

  /** Why persisted blocks were thrown away at the start: a phrase about the cache; else empty. */
  public Optional<String> coldStart() {
    return coldStart;
  }

  /**
   * Blocks in tiers that outlive the process: at the start, what came back; at the end, what a next
   * mount will find.
   */
  public long warmBlockCount() {
    return persistent().mapToLong(Tier::blockCount).sum();
  }

  /** Stored bytes of those blocks. */
  long warmBytes() {
    return persistent().mapToLong(Tier::usedBytes).sum();
  }

  private Stream<Tier> persistent() {
    return tiers.stream().filter(tier -> tier.name().equals("ssd"));
  }

  /**
   * Closes everything in its order, once; what fails is logged and does not keep the rest from
   * being closed.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    for (AutoCloseable each : closing) {
      try {
        each.close();
      } catch (Exception cause) {
        LOG.error("closing {} failed", each.getClass().getSimpleName(), cause);
      }
    }
  }
}
