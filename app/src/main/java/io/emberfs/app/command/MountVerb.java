package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.MountConfiguration.Transport;
import io.emberfs.app.config.Places;
import io.emberfs.app.config.SystemMemory;
import io.emberfs.app.control.Json;
import io.emberfs.app.daemon.AssembledMount;
import io.emberfs.app.daemon.Assembly;
import io.emberfs.app.daemon.Daemon;
import io.emberfs.app.daemon.DaemonLog;
import io.emberfs.app.daemon.JavaMessages;
import io.emberfs.app.prepare.FuseAccess;
import io.emberfs.app.prepare.MountArguments;
import io.emberfs.app.prepare.MountPreparation;
import io.emberfs.core.BackingException;
import io.emberfs.core.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code mount}: this process becomes the daemon. The launcher puts it into the background and
 * waits for what it says on standard output.
 */
@Command(
    name = "mount",
    description = "Mount a slow directory a second time, fast.",
    sortOptions = false)
final class MountVerb implements Verb {
  private static final Logger LOG = LoggerFactory.getLogger(MountVerb.class);

  /** When the launcher began, in milliseconds since 1970; absent where another program began. */
  private static final String STARTED_PROPERTY = "emberfs.started";

  @Parameters(index = "0", paramLabel = "BACKING", description = "the slow directory")
  private Path backing = Path.of("");

  @Parameters(index = "1", paramLabel = "MOUNTPOINT", description = "an empty directory")
  private Path mountPoint = Path.of("");

  @Option(
      names = "--ram",
      paramLabel = "SIZE",
      description = "RAM tier: a size or a share (25%% of what is free, at most 4G)")
  private @Nullable String ram;

  @Option(
      names = "--ram-max",
      paramLabel = "SIZE",
      description = "what resize can give the RAM tier later (as --ram)")
  private @Nullable String ramMax;

  @Option(names = "--ssd", paramLabel = "SIZE", description = "SSD tier: a size, or off (20G)")
  private @Nullable String ssd;

  @Option(
      names = "--keep-free",
      paramLabel = "SIZE",
      description = "what the SSD tier leaves free of its disk (5%%, at most 10G)")
  private @Nullable String keepFree;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "SSD tier and warm state (below the cache home)")
  private @Nullable Path stateDirectory;

  @Mixin private ChoiceOptions choices = new ChoiceOptions();

  @Option(names = "--allow-other", description = "let other users in")
  private boolean allowOther;

  @Option(names = "--allow-non-empty", description = "cover what lies in the mount point")
  private boolean allowNonEmpty;

  @Option(names = "--ro", description = "refuse changes")
  private boolean readOnly;

  @Option(
      names = "--discard-journal",
      description = "throw away changes that an ended mount left in its journal")
  private boolean discardJournal;

  @Option(
      names = "-o",
      paramLabel = "A,B=C",
      split = ",",
      description = "as for mount(8): suid, dev, noexec, ro, …, and all of the options above")
  private List<String> options = new ArrayList<>();

  @Option(
      names = {"-f", "--foreground"},
      description = "stay, log to standard error")
  private boolean foreground;

  @Option(names = "--json", description = "print the result as JSON")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    refuseEmpty(backing, "backing");
    refuseEmpty(mountPoint, "mount point");
    Places places = console.places();
    MountArguments arguments =
        new MountArguments(
            console.directory().resolve(backing),
            console.directory().resolve(mountPoint),
            stateDirectory == null ? null : console.directory().resolve(stateDirectory),
            ram,
            ramMax,
            ssd,
            keepFree,
            choices.toChoices(),
            allowOther,
            allowNonEmpty,
            readOnly,
            discardJournal,
            options);
    FuseAccess access = FuseAccess.system(Places.isRoot());
    MountConfiguration configuration =
        new MountPreparation(
                places, console.mountPoints(), access, MachineMemory.of(new SystemMemory()))
            .prepare(arguments);
    if (foreground) {
      DaemonLog.toStandardError();
    } else {
      DaemonLog.holdBack();
    }
    boolean isSwitchedOn = configuration.transport() == Transport.URING && access.switchUringOn();
    try {
      new Daemon(places, this::assemble)
          .run(configuration, mount -> announce(configuration, mount, isSwitchedOn, console));
    } catch (Refusal refused) {
      if (isSwitchedOn) {
        access.switchUringOff();
      }
      throw refused;
    }
    return ExitCode.OK;
  }

  /** An empty path would stand for the directory that the user happens to be in. */
  private static void refuseEmpty(Path path, String name) throws Refusal {
    if (path.toString().isEmpty()) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot mount",
          "the " + name + " is an empty text",
          "give a directory, . for the present one");
    }
  }

  /** The log lies in the state directory, which has to be found usable first. */
  private AssembledMount assemble(MountConfiguration configuration, Meters meters)
      throws Refusal, IOException {
    AssembledMount mount = new Assembly().assemble(configuration, meters);
    if (!foreground) {
      DaemonLog.toFile(configuration.stateDirectory().resolve("emberfs.log"));
    }
    return mount;
  }

  /**
   * @param isSwitchedOn whether rings were switched on for this mount, which the machine's other
   *     mounts see from now on
   */
  private void announce(
      MountConfiguration configuration,
      AssembledMount mount,
      boolean isSwitchedOn,
      Console console) {
    long pid = ProcessHandle.current().pid();
    long now = System.currentTimeMillis();
    long millis = now - Long.getLong(STARTED_PROPERTY, now);
    if (!foreground) {
      // For the launcher, which asks the mount point for something before it says that it is
      // mounted.
      console.out().println(configuration.mountPoint());
    }
    console
        .out()
        .println(
            json
                ? asJson(configuration, mount, isSwitchedOn, pid, millis)
                : asText(configuration, mount, isSwitchedOn, pid, millis));
    console.out().flush();
    if (!foreground) {
      // The launcher reads to the end of this stream; what Java itself may have to say later has
      // another place.
      console.err().flush();
      keepJavaMessages(configuration.stateDirectory());
    }
  }

  /** Without them the daemon serves as well; then they go nowhere. */
  private static void keepJavaMessages(Path stateDirectory) {
    try {
      JavaMessages.goTo(stateDirectory.resolve("java.log"));
    } catch (IOException | BackingException failed) {
      LOG.warn("messages of Java are not kept: {}", failed.getMessage());
      System.out.close();
      System.err.close();
    }
  }

  private static String asJson(
      MountConfiguration configuration,
      AssembledMount mount,
      boolean isSwitchedOn,
      long pid,
      long millis) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("pid", pid);
    result.put("mountpoint", configuration.mountPoint().toString());
    result.put("backing", configuration.backing().toString());
    result.put("transport", mount.transportName());
    result.put("transportReason", mount.transportReason());
    result.put("uringSwitchedOn", isSwitchedOn);
    result.put("restoredBlocks", mount.warmBlockCount());
    result.put("journalRecords", mount.replayedRecordCount());
    result.put("coldStart", mount.coldStart().orElse(""));
    result.put("millis", millis);
    return Json.write(result);
  }

  private static String asText(
      MountConfiguration configuration,
      AssembledMount mount,
      boolean isSwitchedOn,
      long pid,
      long millis) {
    long tenths = Math.round(millis / 100.0);
    // By hand: a Formatter loads the locales, which the mount would wait for.
    return "mounted "
        + configuration.backing()
        + " on "
        + configuration.mountPoint()
        + " (pid "
        + pid
        + "): ram "
        + budget(configuration.ramBytes())
        + ", ssd "
        + budget(configuration.ssdBytes())
        + ", vram off; transport "
        + mount.transportName()
        + (isSwitchedOn ? " (switched on for this machine)" : "")
        + "; restored "
        + mount.warmBlockCount()
        + (mount.warmBlockCount() == 1 ? " block" : " blocks")
        + (mount.replayedRecordCount() == 0
            ? ""
            : ", " + mount.replayedRecordCount() + " changes from the journal")
        + mount.coldStart().map(why -> " (the SSD cache was emptied: " + why + ")").orElse("")
        + ", ready in "
        + tenths / 10
        + "."
        + tenths % 10
        + " s";
  }

  private static String budget(long bytes) {
    return bytes == 0 ? "off" : ByteSize.format(bytes);
  }
}
