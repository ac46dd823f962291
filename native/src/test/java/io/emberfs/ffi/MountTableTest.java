package io.emberfs.ffi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class MountTableTest {
  private static final String TEXT =
      """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      36 22 0:45 / /mnt/a\\040b rw,nosuid - fuse.emberfs /data/x\\011y rw,user_id=0
      37 22 0:46 /sub /mnt/shared rw master:1 shared:7 - tmpfs tmpfs rw
      38 36 0:47 / /mnt/a\\040b rw - fuse.emberfs second rw
      """;

  @Test
  void fieldsAreReadWithAndWithoutOptionalFields() {
    MountTable table = MountTable.parse(TEXT);

    assertThat(table.mounts()).hasSize(4);
    assertThat(table.at("/mnt/shared"))
        .contains(new MountTable.Mount(37, 0, 46, "/mnt/shared", "tmpfs", "tmpfs"));
    assertThat(table.withId(36).orElseThrow().source()).isEqualTo("/data/x\ty");
  }

  @Test
  void theLastMountAtAPointIsTheOneSeen() {
    assertThat(MountTable.parse(TEXT).at("/mnt/a b").orElseThrow().mountId()).isEqualTo(38);
  }

  @Test
  void aPathThatIsNoMountPointHasNoMount() {
    assertThat(MountTable.parse(TEXT).at("/mnt")).isEmpty();
  }

  @Test
  void escapesStandForBytesOfUtf8() {
    assertThat(MountTable.unescape("a\\134b\\043\\303\\266")).isEqualTo("a\\b#\u00f6");
    assertThat(MountTable.unescape("tail\\04")).isEqualTo("tail\\04");
    assertThat(MountTable.unescape("\\999")).isEqualTo("\\999");
  }

  @Test
  void linesOfAnotherFormAreLeftOut() {
    String text =
        "\nx 1 0:1 / /a rw - t s o\n1 2 0 / /b rw - t s o\n1 2 0:3 / /c rw shared:1 t\n- - -\n";

    assertThat(MountTable.parse(text).mounts()).isEmpty();
  }

  @Test
  void theRootOfThisProcessIsListed() throws IOException {
    assertThat(MountTable.read().at("/")).isPresent();
  }
}
