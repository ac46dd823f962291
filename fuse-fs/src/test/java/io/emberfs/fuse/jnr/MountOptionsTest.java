package io.emberfs.fuse.jnr;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.MountSpec;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What libfuse is told. */
final class MountOptionsTest {
  private static List<String> options(MountSpec spec) {
    List<String> arguments = MountOptions.of(spec, 131072, 500_000_000);
    assertThat(arguments).hasSize(2).first().isEqualTo("-o");
    return List.of(arguments.get(1).split("(?<!\\\\),", -1));
  }

  @Test
  void theKernelChecksPermissionsAndKeepsNoPagesAndNoAttributes() {
    assertThat(
            options(
                new MountSpec(
                    Path.of("/m"), "/b", false, false, false, false, false, false, 1 << 20, 2, 16)))
        .contains("default_permissions", "direct_io", "attr_timeout=0", "nosuid", "nodev", "noexec")
        .contains("entry_timeout=0.500000000", "negative_timeout=0.500000000")
        .contains("max_read=131072", "max_write=131072", "fsname=/b", "subtype=emberfs")
        .doesNotContain("allow_other", "ro", "suid", "dev", "exec");
  }

  @Test
  void flagsAndOddNamesArePassedOn() {
    assertThat(
            options(
                new MountSpec(
                    Path.of("/m"),
                    "/b,ro\\c",
                    true,
                    true,
                    true,
                    true,
                    true,
                    false,
                    1 << 20,
                    2,
                    16)))
        .contains("allow_other", "ro", "suid", "dev", "exec", "fsname=/b\\,ro\\\\c")
        .doesNotContain("nosuid", "nodev", "noexec");
  }
}
