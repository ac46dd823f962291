package io.emberfs.app.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MountTableTest {
  private static final List<String> LINES =
      List.of(
          "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
          "40 22 0:40 / /mnt/with\\040space rw,nosuid,nodev shared:9 master:2 - fuse.emberfs /srv/slow rw,user_id=0",
          "41 22 0:41 / /data rw - tmpfs tmpfs rw",
          "42 41 0:42 / /data rw - fuse.emberfs /srv/other rw");

  @Test
  void theTopmostMountOfAPlaceCounts() throws IOException {
    MountTable table = MountTable.parse(LINES);
    assertThat(table.at(Path.of("/data")))
        .hasValueSatisfying(entry -> assertThat(entry.isOwn()).isTrue());
    assertThat(table.at(Path.of("/")))
        .hasValueSatisfying(entry -> assertThat(entry.isOwn()).isFalse());
    assertThat(table.at(Path.of("/nowhere"))).isEmpty();
  }

  @Test
  void escapedCharactersAreReadBack() throws IOException {
    assertThat(MountTable.parse(LINES).own())
        .extracting(MountTable.Entry::mountPoint)
        .containsExactly(Path.of("/mnt/with space"), Path.of("/data"));
  }

  @Test
  void aLineThatIsNotUnderstoodIsNotGuessedAt() {
    assertThatThrownBy(() -> MountTable.parse(List.of("22 1 254:0")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void thisMachinesTableCanBeRead() throws IOException {
    assertThat(MountTable.read().at(Path.of("/"))).isPresent();
  }
}
