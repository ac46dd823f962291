package io.emberfs.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Errno;
import io.emberfs.ffi.FileCalls;
import io.emberfs.ffi.InodeCalls;
import io.emberfs.ffi.ValueBuffer;
import io.emberfs.system.TreeSnapshot.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A mount with {@code --backing exclusive}: after an end in order the next one asks the backing for
 * nothing that is known; after any other end, and with any state but the last, it asks.
 */
@RealMount
final class ExclusiveMountTest {
  private static final String[] EXCLUSIVE = {
    "--backing", "exclusive", "--ssd", "64M", "--kernel-cache", "off"
  };
  private static final String MARK = "trusted.emberfs";
  private static final int SMALL_FILES = 120;
  private static final int VOLUME_MEGABYTES = 64;
  private static final int READ_SECTORS_FIELD = 2;

  @Test
  void afterAnOrderlyEndNothingIsReadFromTheDevice(Rig rig) throws Exception {
    LoopVolume volume = rig.volume("volume", VOLUME_MEGABYTES);
    Path tree = Files.createDirectory(volume.path().resolve("tree"));
    SeededTree.fill(tree, Fixtures.seed(), SMALL_FILES, 2);
    TreeSnapshot truth = TreeSnapshot.of(tree);
    Waiting.untilFilesAreOld();

    Mount first = rig.mountOf(tree, rig.stateDirectory(), EXCLUSIVE);
    assertThat(first.stats().count("namespace.trusted")).isZero();
    useAll(first.path());
    assertThat(TreeSnapshot.of(first.path()).differences(truth, Parts.ALL)).isEmpty();
    first.umount();

    long coldSectors;
    volume.reattach();
    try (Stream<Path> _ = Files.list(tree)) {
      long before = sectorsRead(volume);
      useAll(tree);
      coldSectors = sectorsRead(volume) - before;
    }
    assertThat(coldSectors).as("of the plain directory, cold").isPositive();

    volume.reattach();
    Mount second = rig.mountOf(tree, rig.stateDirectory(), EXCLUSIVE);
    long sectors = sectorsRead(volume);
    long requests = second.stats().count("backing.metadataRequests");
    useAll(second.path());
    TreeSnapshot seen = TreeSnapshot.of(second.path());
    Stats stats = second.stats();
    assertThat(stats.count("namespace.trusted")).isOne();
    assertThat(stats.count("backing.metadataRequests")).isEqualTo(requests);
    assertThat(stats.backingReadBytes()).isZero();
    assertThat(sectorsRead(volume) - sectors).as("sectors read, of %d", coldSectors).isZero();
    assertThat(seen.differences(truth, Parts.ALL)).isEmpty();
    assertThat(extendedAttribute(second.path(), MARK)).as("the mark, through the mount").isEmpty();
    second.umount();
    assertThat(mark(tree)).startsWith("clean:");
  }

  @Test
  void whatWasChangedBeforeAKillIsSeenAndAKillWithoutAChangeIsBelieved(Rig rig) throws Exception {
    fill(rig);
    Mount first = rig.mount(EXCLUSIVE);
    read(first);
    first.umount();

    Mount unchanged = rig.mount(EXCLUSIVE);
    assertThat(unchanged.stats().count("namespace.trusted")).isOne();
    read(unchanged);
    unchanged.kill();
    assertThat(mark(rig.backing())).startsWith("clean:");

    Mount changing = rig.mount(EXCLUSIVE);
    assertThat(changing.stats().count("namespace.trusted")).isOne();
    change(changing.path(), 1);
    assertThat(mark(rig.backing())).startsWith("open:");
    assertSame(rig, changing);
    changing.kill();

    Mount after = rig.mount(EXCLUSIVE);
    assertThat(after.stats().count("namespace.trusted")).isZero();
    assertSame(rig, after);
    change(after.path(), 2);
    after.umount();

    Mount last = rig.mount(EXCLUSIVE);
    assertThat(last.stats().count("namespace.trusted")).isOne();
    assertSame(rig, last);
  }

  @Test
  void anOldStateDirectoryThatWasPutBackIsNotBelieved(Rig rig) throws Exception {
    fill(rig);
    Mount first = rig.mount(EXCLUSIVE);
    read(first);
    first.umount();
    Path old = rig.newDirectory("old").resolve("state");
    Program.succeed("cp", "-a", rig.stateDirectory().toString(), old.toString());

    Mount second = rig.mount(EXCLUSIVE);
    change(second.path(), 1);
    read(second);
    second.umount();
    Program.succeed("rm", "-r", rig.stateDirectory().toString());
    Program.succeed("cp", "-a", old.toString(), rig.stateDirectory().toString());

    Mount third = rig.mount(EXCLUSIVE);
    assertThat(third.stats().count("namespace.trusted")).isZero();
    assertSame(rig, third);
  }

  @Test
  void aMountThatSharedTheBackingInBetweenIsNoticed(Rig rig) throws Exception {
    fill(rig);
    Mount first = rig.mount(EXCLUSIVE);
    read(first);
    first.umount();

    Mount reading = rig.mountOf(rig.backing(), rig.newDirectory("another").resolve("state"));
    read(reading);
    reading.umount();
    assertThat(mark(rig.backing())).as("after a mount that changed nothing").startsWith("clean:");

    Mount shared = rig.mountOf(rig.backing(), rig.newDirectory("another").resolve("state"));
    Files.delete(shared.path().resolve("d/file"));
    assertThat(mark(rig.backing())).startsWith("open:");
    change(shared.path(), 1);
    shared.umount();

    Mount last = rig.mount(EXCLUSIVE);
    assertThat(last.stats().count("namespace.trusted")).isZero();
    assertSame(rig, last);
  }

  /** Which of two clones gets its own number as it is, depends on who is looked at first. */
  @Test
  void clonesThatAreMountedBelowAreNotTakenForEachOther(Rig rig) throws Exception {
    Path images = rig.newDirectory("images");
    String original = images.resolve("original").toString();
    String clone = images.resolve("clone").toString();
    Path one = Files.createDirectory(rig.backing().resolve("one"));
    Path two = Files.createDirectory(rig.backing().resolve("two"));
    Program.succeed("truncate", "--size", "8M", original);
    Program.succeed("mkfs.ext4", "-q", "-F", original);
    Program.succeed("mount", "-o", "loop", original, one.toString());
    Files.writeString(one.resolve("file"), "of both");
    Program.succeed("umount", "--", one.toString());
    Program.succeed("cp", "--sparse=always", "--", original, clone);
    try {
      Program.succeed("mount", "-o", "loop", original, one.toString());
      Program.succeed("mount", "-o", "loop", clone, two.toString());
      Files.writeString(two.resolve("file"), "of the second alone");
      Waiting.untilFilesAreOld();
      Mount first = rig.mount(EXCLUSIVE);
      assertThat(first.path().resolve("one/file")).hasContent("of both");
      read(first);
      first.umount();

      Mount second = rig.mount(EXCLUSIVE);
      assertThat(second.stats().count("namespace.trusted")).isOne();
      assertThat(second.path().resolve("two/file")).hasContent("of the second alone");
      assertThat(second.path().resolve("one/file")).hasContent("of both");
      assertSame(rig, second);
      second.umount();
    } finally {
      Program.of("umount", "--lazy", "--", one.toString()).run();
      Program.of("umount", "--lazy", "--", two.toString()).run();
    }
  }

  @Test
  void writeBackIsCleanOnlyWithAnEmptyJournal(Rig rig) throws Exception {
    String[] options =
        Stream.concat(Stream.of(EXCLUSIVE), Stream.of("--write", "back", "--flush-age", "60m"))
            .toArray(String[]::new);
    fill(rig);
    Mount first = rig.mount(options);
    change(first.path(), 1);
    TreeSnapshot before = TreeSnapshot.of(first.path());
    first.umount();
    assertThat(TreeSnapshot.of(rig.backing()).differences(before, Parts.ALL)).isEmpty();

    Mount second = rig.mount(options);
    assertThat(second.stats().count("namespace.trusted")).isOne();
    assertThat(TreeSnapshot.of(second.path()).differences(before, Parts.ALL)).isEmpty();
    Files.write(second.path().resolve("d/file"), new byte[70_000]);
    before = TreeSnapshot.of(second.path());
    Emberfs.run("umount", second.path().toString(), "--force").succeeded();
    assertThat(mark(rig.backing())).startsWith("open:");

    Mount third = rig.mount(options);
    assertThat(third.stats().count("namespace.trusted")).isZero();
    assertThat(TreeSnapshot.of(third.path()).differences(before, Parts.ALL)).isEmpty();
    third.kill();

    Mount last = rig.mount(options);
    assertThat(last.stats().count("namespace.trusted")).isZero();
    last.umount();
    assertThat(TreeSnapshot.of(rig.backing()).differences(before, Parts.ALL)).isEmpty();
    assertThat(mark(rig.backing())).startsWith("clean:");
  }

  private static void fill(Rig rig) throws IOException {
    Path directory = Files.createDirectory(rig.backing().resolve("d"));
    for (String name : new String[] {"file", "other", "moved"}) {
      byte[] bytes = new byte[100_000];
      Arrays.fill(bytes, (byte) name.charAt(0));
      Files.write(directory.resolve(name), bytes);
    }
    Waiting.untilFilesAreOld();
  }

  private static void change(Path root, int round) throws IOException {
    byte[] bytes = new byte[100_000];
    Arrays.fill(bytes, (byte) round);
    Files.write(root.resolve("d/file"), bytes);
    Files.move(root.resolve("d/moved"), root.resolve("moved" + round));
    Files.move(root.resolve("moved" + round), root.resolve("d/moved"));
    Files.write(root.resolve("d/new" + round), bytes);
  }

  private static void read(Mount mount) throws Exception {
    assertThat(TreeSnapshot.of(mount.path()).size()).isPositive();
  }

  private static void assertSame(Rig rig, Mount mount) throws Exception {
    for (int i = 0; i < 2; i++) {
      assertThat(
              TreeSnapshot.of(mount.path()).differences(TreeSnapshot.of(rig.backing()), Parts.ALL))
          .isEmpty();
    }
  }

  /** A walk with the attributes, and every byte. */
  private static void useAll(Path tree) throws Exception {
    Program.succeed("sh", "-c", "ls -lR \"$0\" > /dev/null", tree.toString());
    Program.succeed(
        "sh", "-c", "find \"$0\" -print0 | xargs -0 stat -- > /dev/null", tree.toString());
    Program.of("grep", "-r", "-D", "skip", "no line is like this one", tree.toString()).run();
  }

  private static long sectorsRead(LoopVolume volume) throws IOException, InterruptedException {
    String device =
        Program.succeed("findmnt", "-n", "-o", "SOURCE", volume.path().toString()).strip();
    String statistics =
        Files.readString(Path.of("/sys/block", device.substring("/dev/".length()), "stat"));
    return Long.parseLong(statistics.strip().split("\\s+")[READ_SECTORS_FIELD]);
  }

  private static String mark(Path backing) {
    return extendedAttribute(backing, MARK);
  }

  /** Empty if there is none. */
  private static String extendedAttribute(Path directory, String name) {
    int descriptor = FileCalls.openDirectoryPath(directory.toString().getBytes(UTF_8));
    try {
      ValueBuffer value = ValueBuffer.ofThread();
      long length = InodeCalls.extendedAttribute(descriptor, name.getBytes(UTF_8), value);
      if (length == -Errno.ENODATA) {
        return "";
      }
      assertThat(length).isPositive();
      return new String(value.bytes((int) length), UTF_8);
    } finally {
      FileCalls.close(descriptor);
    }
  }
}
