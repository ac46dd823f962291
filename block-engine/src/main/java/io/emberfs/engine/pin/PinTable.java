package io.emberfs.engine.pin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.Pins;
import io.emberfs.core.StateStore;
import io.emberfs.core.TierPins;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.tiers.TierChain;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pins of a mount: asked for by users, told to the tiers, saved before that is answered.
 *
 * <p>All fields are guarded by the monitor, which is held while pins are saved and tiers are told,
 * never while the backing is asked.
 */
public final class PinTable implements Pins {
  private static final Logger LOG = LoggerFactory.getLogger(PinTable.class);
  private static final String ALL_TIERS = "all";

  private final PinTree tree;
  private final TierChain chain;
  private final StateStore state;
  private final NodeIdentity mountedRoot;
  private final PinnedTiers tiers;
  private final Meters.Counter dropped;
  private final Meters.Counter damaged;

  @GuardedBy("this")
  private NavigableMap<String, PinnedPath> pins = new TreeMap<>();

  /** Where the pins were made: if the backing is not there, it must not cost them. */
  @GuardedBy("this")
  private NodeIdentity root;

  @GuardedBy("this")
  private boolean isUnsaved;

  /** Makes a table without pins; {@link #load} takes up the saved ones. */
  public PinTable(
      BackingStore store,
      FileTable files,
      VersionCheck versions,
      TierChain chain,
      BlockGeometry geometry,
      StateStore state,
      Meters meters) {
    this.chain = chain;
    this.state = state;
    tree = new PinTree(store, files, versions);
    mountedRoot = store.root().identity();
    root = mountedRoot;
    tiers = new PinnedTiers(chain, geometry);
    dropped = meters.counter("pins.dropped");
    damaged = meters.counter("pins.damaged");
    meters.gauge("pins.files", this::count);
  }

  /** Takes up the saved pins; {@link PinRounds} finds their files. Without any if damaged. */
  public synchronized void load() {
    try {
      PinState saved = PinState.load(state).orElse(null);
      if (saved == null) {
        return;
      }
      root = saved.root();
      for (PinnedPath pin : saved.pins()) {
        pins.put(pin.path(), pin);
      }
      tiers.setShares(pins.values());
    } catch (IOException damage) {
      damaged.increment();
      LOG.warn("pins: none are kept, {}", damage.getMessage());
    }
  }

  private synchronized int count() {
    return pins.size();
  }

  @Override
  public Outcome pin(List<String> paths, String tierName, boolean isForced) {
    int bit = PinnedPath.tierBit(tierName);
    PinnedTier tier = tiers.named(tierName);
    if (tier == null || tier.pins().bytesMax(PERCENT_FORCED) == 0) {
      return new Outcome.NoTier();
    }
    Map<String, FoundFile> found = new LinkedHashMap<>();
    for (String path : paths) {
      try {
        if (!tree.collect(path, found, FILES_MAX)) {
          return new Outcome.TooMany();
        }
      } catch (BackingException failed) {
        return PinTree.isAbsence(failed)
            ? new Outcome.Absent(path)
            : new Outcome.Failed(String.valueOf(failed.getMessage()));
      }
    }
    Outcome outcome = pin(found.values(), bit, tier, isForced);
    if (bit != PinnedPath.RAM && outcome instanceof Outcome.Done) {
      found.values().forEach(file -> tier.handDown(file, chain.ram()));
    }
    return outcome;
  }

  private synchronized Outcome pin(
      Collection<FoundFile> found, int bit, PinnedTier tier, boolean isForced) {
    if (!root.equals(mountedRoot) && !pins.isEmpty()) {
      // Told to be of this directory, the others would be dropped for not being in it.
      return new Outcome.Failed("the saved pins were made in another directory; unpin them first");
    }
    NavigableMap<String, PinnedPath> next = new TreeMap<>(pins);
    long sizeBytes = 0;
    for (FoundFile file : found) {
      PinnedPath known = next.get(file.path());
      int tierBits = known == null ? 0 : known.tiers();
      int forced = known == null ? 0 : known.forced();
      next.put(
          file.path(),
          new PinnedPath(file.path(), tierBits | bit, forced, file.fileId(), file.sizeBytes()));
      sizeBytes = sum(sizeBytes, file.sizeBytes());
    }
    if (next.size() > FILES_MAX) {
      return new Outcome.TooMany();
    }
    long bytes = tier.bytesFor(next.values(), bit);
    long bytesMax = tier.pins().bytesMax(TierPins.PERCENT_DEFAULT);
    long bytesForced = tier.pins().bytesMax(PERCENT_FORCED);
    if (bytes > (isForced ? bytesForced : bytesMax)) {
      return new Outcome.NoRoom(bytes, bytesMax, bytesForced);
    }
    if (bytes > bytesMax) {
      found.forEach(file -> next.computeIfPresent(file.path(), (_, pin) -> pin.withForce(bit)));
    }
    return replaceAll(next, mountedRoot, new Outcome.Done(found.size(), sizeBytes));
  }

  @Override
  public synchronized Outcome unpin(List<String> paths, String tierName) {
    int bits = tierName.equals(ALL_TIERS) ? -1 : PinnedPath.tierBit(tierName);
    NavigableMap<String, PinnedPath> next = new TreeMap<>(pins);
    int fileCount = 0;
    long sizeBytes = 0;
    for (PinnedPath pin : at(paths, "", FILES_MAX)) {
      if ((pin.tiers() & bits) == 0) {
        continue;
      }
      fileCount++;
      sizeBytes = sum(sizeBytes, pin.sizeBytes());
      PinnedPath rest = pin.without(bits);
      if (rest.tiers() == 0) {
        next.remove(pin.path());
      } else {
        next.put(pin.path(), rest);
      }
    }
    return replaceAll(next, root, new Outcome.Done(fileCount, sizeBytes));
  }

  @Override
  public List<Pin> list(List<String> paths, String after, int countMax) {
    List<PinnedPath> listed;
    synchronized (this) {
      listed = at(paths, after, countMax);
    }
    return listed.stream().map(this::shown).toList();
  }

  /** As of the last look: a list waits for nobody. */
  private Pin shown(PinnedPath pin) {
    return new Pin(pin.path(), pin.sizeBytes(), tiers.cachedBytes(pin));
  }

  /**
   * Looks what file is at a pin's path now, and tells the tiers if it is another one than before.
   * Without any, the pin is dropped, unless another directory is mounted than when it was made.
   */
  void look(PinnedPath pin) {
    FoundFile found;
    try {
      found = tree.find(pin.path());
    } catch (BackingException _) {
      return; // the backing may answer the next time
    }
    synchronized (this) {
      PinnedPath known = pins.get(pin.path());
      if (known == null || known.fileId() != pin.fileId()) {
        return;
      }
      if (found != null) {
        PinnedPath present = known.of(found);
        tiers.change(known, present);
        pins.put(pin.path(), present);
      } else if (root.equals(mountedRoot)) {
        tiers.change(known, null);
        pins.remove(pin.path());
        isUnsaved = true;
        dropped.increment();
      }
    }
  }

  /** The next pins after a path, in the order of their paths. */
  synchronized List<PinnedPath> after(String path, int countMax) {
    return pins.tailMap(path, false).values().stream().limit(countMax).toList();
  }

  /** Saves what the looks have changed. Where it fails it is tried again with the next change. */
  public synchronized void saveChanges() {
    if (!isUnsaved) {
      return;
    }
    isUnsaved = false;
    tiers.setShares(pins.values());
    try {
      PinState.save(state, root, pins.values());
    } catch (IOException failed) {
      LOG.warn("pins: those dropped may come back: {}", failed.getMessage());
    }
  }

  /** Sparse files may be as large as a number can be. */
  private static long sum(long left, long right) {
    return left > Long.MAX_VALUE - right ? Long.MAX_VALUE : left + right;
  }

  /** Saves first: a pin that would be lost by a kill is none. */
  @GuardedBy("this")
  private Outcome replaceAll(
      NavigableMap<String, PinnedPath> next, NodeIdentity newRoot, Outcome done) {
    try {
      PinState.save(state, newRoot, next.values());
    } catch (IOException failed) {
      return new Outcome.Failed("the pins cannot be saved: " + failed.getMessage());
    }
    NavigableMap<String, PinnedPath> before = pins;
    pins = next;
    root = newRoot;
    isUnsaved = false;
    // Additions first: a file that stays pinned under another name is not let go in between.
    next.forEach((path, pin) -> tiers.change(before.get(path), pin));
    before.forEach((path, pin) -> {
      if (!next.containsKey(path)) {
        tiers.change(pin, null);
      }
    });
    tiers.setShares(next.values());
    return done;
  }

  /** The pins of these files, and of those below these directories, in order. */
  @GuardedBy("this")
  private List<PinnedPath> at(List<String> paths, String after, int countMax) {
    NavigableMap<String, PinnedPath> matching = new TreeMap<>();
    for (String path : paths) {
      PinnedPath exact = pins.get(path);
      if (exact != null && path.compareTo(after) > 0) {
        matching.put(path, exact);
      }
      String first = path.isEmpty() ? "" : path + "/";
      String from = after.compareTo(first) > 0 ? after : first;
      // '0' is the character after '/'.
      int count = 0;
      for (PinnedPath pin : pins.tailMap(from, false).values()) {
        boolean isBelow = path.isEmpty() || pin.path().compareTo(path + "0") < 0;
        if (!isBelow || count++ == countMax) {
          break;
        }
        matching.put(pin.path(), pin);
      }
    }
    return matching.values().stream().limit(countMax).toList();
  }
}
