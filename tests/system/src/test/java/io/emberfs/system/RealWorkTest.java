package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs of every day, each a script in {@code work/}, do on a mount what they do on a plain
 * directory.
 */
@RealMount
@TestInstance(Lifecycle.PER_CLASS)
final class RealWorkTest {
  private static final int SOURCE_FILE_COUNT = 120;

  private Path plain;
  private Path source;
  private Path backing;
  private Mount mount;

  @BeforeAll
  void mountOnce(Rig rig) throws IOException, InterruptedException {
    source = rig.newDirectory("source");
    SeededTree.fill(source, Fixtures.seed(), SOURCE_FILE_COUNT, 2);
    plain = rig.newDirectory("plain");
    backing = rig.backing();
    mount = rig.mount();
  }

  static Stream<String> names() throws IOException {
    return Scripts.in("work").stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void realWorkGivesTheSameOnAMountAsOnAPlainDirectory(String name) throws Exception {
    Path mounted = Files.createDirectory(mount.path().resolve(name));
    Path reference = Files.createDirectory(plain.resolve(name));
    Program.Outcome expected = script(name, reference).succeeded();
    Program.Outcome actual = script(name, mounted).succeeded();
    assertThat(actual.out()).isEqualTo(expected.out());
    assertThat(
            TreeSnapshot.of(mounted).differences(TreeSnapshot.of(backing.resolve(name)), Parts.ALL))
        .as("mount against backing")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"copy, again", "rsync, copy", "tar, out"})
  void aCopyKeepsBytesOwnersModesTimesAndLinks(String name, String place) throws Exception {
    Path mounted = Files.createDirectory(mount.path().resolve("kept-" + name));
    script(name, mounted).succeeded();
    assertThat(
            TreeSnapshot.of(mounted.resolve(place)).differences(TreeSnapshot.of(source), Parts.ALL))
        .isEmpty();
  }

  private Program.Outcome script(String name, Path directory)
      throws IOException, InterruptedException {
    return Program.of(List.of("sh", "-e", "-u", Scripts.file("work", name).toString()))
        .in(directory)
        .with("SOURCE", source.toString())
        .with("LC_ALL", "C.UTF-8")
        .run();
  }
}
