package io.emberfs.app.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.Compression;
import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.Places;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountPoints;
import io.emberfs.app.registry.MountRecord;
import io.emberfs.app.registry.ProcessMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every refusal, and that nothing was changed by it. */
final class MountPreparationTest {
  private static final MachineMemory MEMORY = new MachineMemory(8L << 30, 6L << 30);

  @TempDir private Path temp;

  private boolean isRoot = true;
  private Path backing;
  private Path mountPoint;
  private Path device;
  private Places places;
  private KnownMounts knownMounts;

  @BeforeEach
  void layOut() throws IOException {
    temp = temp.toRealPath();
    backing = Files.createDirectory(temp.resolve("backing"));
    mountPoint = Files.createDirectory(temp.resolve("mnt"));
    device = Files.createFile(temp.resolve("fuse"));
    places =
        new Places(
            temp.resolve("cache"),
            Files.createDirectory(temp.resolve("known")),
            temp.resolve("run"));
    knownMounts = new KnownMounts(places.knownMounts());
  }

  @Test
  void defaultsAreFilledIn() throws Exception {
    MountConfiguration configuration = prepare(arguments());
    assertThat(configuration.backing()).isEqualTo(backing);
    assertThat(configuration.mountPoint()).isEqualTo(mountPoint);
    assertThat(configuration.stateDirectory()).isEqualTo(places.defaultStateDirectory(backing));
    assertThat(configuration.ramBytes()).isEqualTo(MEMORY.availableBytes() / 4);
    assertThat(configuration.geometry().blockSize()).isEqualTo(64 << 10);
    assertThat(configuration.stateDirectory()).doesNotExist();
  }

  @Test
  void aMissingBackingIsRefused() throws Exception {
    backing = temp.resolve("nothing");
    assertRefused(ExitCode.FAILED, "does not exist", arguments());
  }

  @Test
  void aBackingThatIsAFileIsRefused() throws Exception {
    backing = device;
    assertRefused(ExitCode.FAILED, "is not a directory", arguments());
  }

  @Test
  void aMissingMountPointIsRefusedAndNotMade() throws Exception {
    mountPoint = temp.resolve("missing");
    assertRefused(ExitCode.FAILED, "it does not exist", arguments());
    assertThat(mountPoint).doesNotExist();
  }

  @Test
  void aMountPointThatIsAFileIsRefused() throws Exception {
    mountPoint = device;
    assertRefused(ExitCode.FAILED, "it is not a directory", arguments());
  }

  @Test
  void aMountPointWithEntriesIsRefusedUnlessAllowed() throws Exception {
    Files.createFile(mountPoint.resolve("a"));
    assertRefused(ExitCode.FAILED, "it is not empty (1 entry)", arguments());
    assertThat(prepare(arguments(Choices.DEFAULTS, null, true)).mountPoint()).isEqualTo(mountPoint);
  }

  @Test
  void aMountPointBelowTheBackingIsRefusedAlsoThroughALink() throws Exception {
    Path inner = Files.createDirectory(backing.resolve("inner"));
    mountPoint = Files.createSymbolicLink(temp.resolve("link"), inner);
    assertRefused(ExitCode.FAILED, "lies below the backing", arguments());
    mountPoint = backing;
    assertRefused(ExitCode.FAILED, "it is the backing itself", arguments());
  }

  @Test
  void aBackingBelowTheMountPointIsRefused() throws Exception {
    backing = Files.createDirectory(mountPoint.resolve("inner"));
    assertRefused(ExitCode.FAILED, "lies below it", arguments());
  }

  @Test
  void aStateDirectoryBelowEitherOfTheTwoIsRefused() throws Exception {
    assertRefused(
        ExitCode.FAILED,
        "lies below the mount point",
        arguments(Choices.DEFAULTS, mountPoint.resolve("x/y"), false));
    assertRefused(
        ExitCode.FAILED,
        "lies below the backing",
        arguments(Choices.DEFAULTS, backing.resolve("x"), false));
    Path link = Files.createSymbolicLink(temp.resolve("link"), backing);
    assertRefused(
        ExitCode.FAILED,
        "lies below the backing",
        arguments(Choices.DEFAULTS, link.resolve("x"), false));
  }

  /** The process of the test lives, and no mount of its is there. */
  @Test
  void aDaemonThatHasNotEndedIsWaitedForAndThenRefused() throws Exception {
    knownMounts.add(living(mountPoint, temp.resolve("state")));
    assertRefused(
        ExitCode.BUSY,
        "has not ended yet (pid " + ProcessHandle.current().pid() + ")",
        arguments(Choices.with("waitMax", "20ms"), null, false));
  }

  @Test
  void aStateDirectoryOfADaemonThatHasNotEndedIsRefused() throws Exception {
    Path state = temp.resolve("state");
    knownMounts.add(living(temp.resolve("other"), state));
    assertRefused(
        ExitCode.BUSY,
        "the last mount on " + temp.resolve("other") + " has not ended yet",
        arguments(Choices.with("waitMax", "20ms"), state, false));
  }

  @Test
  void aMissingDeviceIsRefused() throws Exception {
    Files.delete(device);
    assertRefused(ExitCode.UNAVAILABLE, "fuse does not exist", arguments());
  }

  @ParameterizedTest
  @CsvSource({
    "ram, 64G, the memory limit of this process is 8G",
    "ram, 1K, too small",
    "ram, lots, not a size",
    "ram-max, 64G, the memory limit of this process is 8G",
    "ram-max, 16M, not within one and 16 times --ram",
    "ram-max, 1100M, not within one and 16 times --ram",
    "ssd, 1M, too small",
    "ssd, 900000T, has room for",
    "keep-free, 900000T, the disk has",
    "keep-free, some, not a size",
  })
  void unusableBudgetsAreRefused(String tier, String size, String why) throws Exception {
    MountArguments arguments =
        new MountArguments(
            backing,
            mountPoint,
            null,
            tier.equals("ram") ? size : "64M",
            tier.equals("ram-max") ? size : null,
            tier.equals("ssd") ? size : null,
            tier.equals("keep-free") ? size : null,
            MountArguments.Choices.defaults(),
            false,
            false,
            false,
            false,
            List.of());
    assertRefused(ExitCode.USAGE, why, arguments);
  }

  @Test
  void whatRamCanBeResizedToIsReserved() throws Exception {
    assertThat(prepare(arguments()))
        .satisfies(configuration ->
            assertThat(configuration.ramBytesMax()).isEqualTo(configuration.ramBytes()));
    MountArguments larger =
        new MountArguments(
            backing,
            mountPoint,
            null,
            "64M",
            "1G",
            null,
            null,
            MountArguments.Choices.defaults(),
            false,
            false,
            false,
            false,
            List.of());
    assertThat(prepare(larger))
        .extracting(MountConfiguration::ramBytes, MountConfiguration::ramBytesMax)
        .containsExactly(64L << 20, 1L << 30);
  }

  @Test
  void aShareOfTheDiskIsLeftFreeAndNoMoreThanTenGigabytes() throws Exception {
    long disk = Files.getFileStore(temp).getTotalSpace();
    assertThat(prepare(arguments()).keepFreeBytes())
        .isEqualTo(Math.min(10L << 30, disk / 100 * 5))
        .isPositive();
  }

  @Test
  void tiersCanBeSwitchedOff() throws Exception {
    MountArguments arguments =
        new MountArguments(
            backing,
            mountPoint,
            null,
            "off",
            null,
            "0",
            null,
            MountArguments.Choices.defaults(),
            false,
            false,
            false,
            false,
            List.of());
    assertThat(prepare(arguments))
        .extracting(MountConfiguration::ramBytes, MountConfiguration::ssdBytes)
        .containsExactly(0L, 0L);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, AUTO, 1",
    "lz4, LZ4, 1",
    "zstd, ZSTD, 1",
    "zstd:1, ZSTD, 1",
    "zstd:19, ZSTD, 19",
    "gzip, GZIP, 1",
    "snappy, SNAPPY, 1",
    "off, OFF, 1",
  })
  void codecsAreChosenByName(String text, Compression.Choice choice, int level) throws Exception {
    assertThat(prepare(arguments(Choices.with("compress", text), null, false)).compression())
        .isEqualTo(new Compression(choice, level));
  }

  @ParameterizedTest
  @CsvSource({
    "backing, mine, no such choice",
    "vram, 2G, this version does not have it",
    "compress, rar, no such choice",
    "compress, zstd:0, its level is not a number from 1 to 19",
    "compress, zstd:20, its level is not a number from 1 to 19",
    "compress, zstd:, its level is not a number from 1 to 19",
    "compress, zstd:-1, its level is not a number from 1 to 19",
    "compress, lz4:1, no such choice",
    "policy, magic, no such choice",
    "write, sideways, no such choice",
    "maxDirty, 3M, it is less than 4M",
    "maxDirty, much, not a size",
    "flushAge, soon, not a duration",
    "prefetch, maybe, no such choice",
    "transport, pigeon, no such choice",
    "kernelCache, maybe, no such choice",
    "warm, hot, no such choice",
    "acl, maybe, no such choice",
    "blockSize, 3K, not a power of two",
    "blockSize, 2M, not a power of two",
    "attributeTtl, 1h, not a duration",
    "backingDelay, 5m, too long",
  })
  void choicesThatAreNotServedAreRefused(String option, String value, String why) throws Exception {
    assertRefused(ExitCode.USAGE, why, arguments(Choices.with(option, value), null, false));
  }

  @Test
  void ringsAreRefusedWhereTheKernelHasNone() throws Exception {
    assertRefused(
        ExitCode.UNAVAILABLE,
        "this kernel has no FUSE over io_uring",
        arguments(Choices.with("transport", "uring"), null, false));
  }

  @Test
  void ringsAreRefusedWhereOnlyRootCouldSwitchThemOn() throws Exception {
    Files.writeString(temp.resolve("enable_uring"), "N\n");
    isRoot = false;
    assertRefused(
        ExitCode.PERMISSION,
        "only root may change that",
        arguments(Choices.with("transport", "uring"), null, false));
    assertThat(temp.resolve("enable_uring")).hasContent("N");
  }

  @Test
  void ringsAreTakenWhereTheyAreOnOrCanBeSwitchedOn() throws Exception {
    MountArguments arguments = arguments(Choices.with("transport", "uring"), null, false);
    Files.writeString(temp.resolve("enable_uring"), "N\n");
    assertThat(prepare(arguments).transport()).isEqualTo(MountConfiguration.Transport.URING);
    isRoot = false;
    Files.writeString(temp.resolve("enable_uring"), "Y\n");
    assertThat(prepare(arguments).transport()).isEqualTo(MountConfiguration.Transport.URING);
  }

  @Test
  void libFuseIsNeededForItsTransportOnly() throws Exception {
    MountArguments arguments = arguments(Choices.with("transport", "jnr"), null, false);
    assertRefused(ExitCode.UNAVAILABLE, "libfuse.so.2 is not installed", arguments);
    Path directory = Files.createDirectories(temp.resolve("lib/x86_64-linux-gnu"));
    assertRefused(ExitCode.UNAVAILABLE, "libfuse.so.2 is not installed", arguments);
    assertThat(prepare(arguments()).transport()).isEqualTo(MountConfiguration.Transport.AUTO);

    Files.createFile(directory.resolve("libfuse.so.2"));
    assertThat(prepare(arguments).transport()).isEqualTo(MountConfiguration.Transport.JNR);

    isRoot = false;
    assertRefused(ExitCode.PERMISSION, "only root may mount with it", arguments);
  }

  @Test
  void pagesOfTheKernelAreRefusedWhereNobodyCanTakeThemBack() throws Exception {
    MountArguments.Choices cached = Choices.with("kernelCache", "on");
    assertRefused(
        ExitCode.USAGE,
        "no way to tell the kernel",
        arguments(Choices.with(cached, "transport", "jnr"), null, false));
  }

  private static final class Choices {
    static final MountArguments.Choices DEFAULTS = MountArguments.Choices.defaults();

    /** The defaults with one component changed, by its name. */
    static MountArguments.Choices with(String name, String value)
        throws ReflectiveOperationException {
      return with(DEFAULTS, name, value);
    }

    /** The same, of other choices. */
    static MountArguments.Choices with(MountArguments.Choices choices, String name, String value)
        throws ReflectiveOperationException {
      var components = MountArguments.Choices.class.getRecordComponents();
      Object[] values = new Object[components.length];
      Class<?>[] types = new Class<?>[components.length];
      boolean found = false;
      for (int i = 0; i < components.length; i++) {
        boolean changed = components[i].getName().equals(name);
        found |= changed;
        types[i] = String.class;
        values[i] = changed ? value : components[i].getAccessor().invoke(choices);
      }
      assertThat(found).as("component %s", name).isTrue();
      return MountArguments.Choices.class.getDeclaredConstructor(types).newInstance(values);
    }
  }

  private MountArguments arguments() {
    return arguments(Choices.DEFAULTS, null, false);
  }

  private MountArguments arguments(
      MountArguments.Choices choices, Path stateDirectory, boolean allowNonEmpty) {
    return new MountArguments(
        backing,
        mountPoint,
        stateDirectory,
        null,
        null,
        null,
        null,
        choices,
        false,
        allowNonEmpty,
        false,
        false,
        List.of());
  }

  private MountRecord living(Path mountPoint, Path stateDirectory) {
    return new MountRecord(
        mountPoint, backing, stateDirectory, temp.resolve("a.sock"), ProcessMark.ownProcess());
  }

  private MountConfiguration prepare(MountArguments arguments) throws Exception {
    FuseAccess access =
        new FuseAccess(
            device,
            temp.resolve("fuse.conf"),
            temp.resolve("enable_uring"),
            List.of(temp.resolve("lib")),
            isRoot);
    return new MountPreparation(places, new MountPoints(knownMounts), access, MEMORY)
        .prepare(arguments);
  }

  private void assertRefused(ExitCode exitCode, String why, MountArguments arguments)
      throws Exception {
    Refusal refusal = catchThrowableOfType(Refusal.class, () -> prepare(arguments));
    assertThat(refusal).as("refusal: %s", why).isNotNull();
    assertThat(refusal.text()).startsWith("emberfs: ").contains(why).contains("\nfix: ");
    assertThat(refusal.exitCode()).isEqualTo(exitCode);
    assertThat(places.cacheHome()).doesNotExist();
  }
}
