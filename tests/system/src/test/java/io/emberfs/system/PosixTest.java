package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each script in {@code posix/} gives the same results in a mounted directory as in a plain one.
 */
@RealMount
@TestInstance(Lifecycle.PER_CLASS)
final class PosixTest {
  private Path plain;
  private Path backing;
  private Mount mount;

  @BeforeAll
  void mountOnce(Rig rig) throws IOException, InterruptedException {
    plain = rig.newDirectory("plain");
    backing = rig.backing();
    // Some scripts ask as other users, or make device nodes and set-id files.
    mount = rig.mount("--allow-other", "-o", "suid,dev");
  }

  static Stream<String> names() throws IOException {
    return Scripts.in("posix").stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void aMountedDirectoryBehavesAsAPlainOne(String name) throws Exception {
    Path mounted = Files.createDirectory(mount.path().resolve(name));
    Path reference = Files.createDirectory(plain.resolve(name));
    Program.Outcome expected = script(name, reference, reference);
    Program.Outcome actual = script(name, mounted, backing.resolve(name));
    assertThat(actual.exitCode()).as("exit code; %s", actual.err()).isEqualTo(expected.exitCode());
    assertThat(actual.out()).isEqualTo(expected.out());
    assertThat(expected.exitCode()).as("in the plain directory: %s", expected.err()).isZero();
    assertThat(expected.out()).isNotBlank();
  }

  /** The script sees its directory under the name BEHIND where the mount does not stand between. */
  private static Program.Outcome script(String name, Path directory, Path behind)
      throws IOException, InterruptedException {
    return Program.of(List.of("sh", "-e", "-u", Scripts.file("posix", name).toString()))
        .in(directory)
        .with("BEHIND", behind.toString())
        .with("JAVA", String.join(" ", Program.javaCommand()))
        .with("LC_ALL", "C.UTF-8")
        .run();
  }
}
