package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** Several users on one mount: each makes files as itself and is held to its own permissions. */
@RealMount
final class TwoUsersTest {
  private static final int USER = 65534;
  private static final int OTHER_USER = 54321;
  private static final int GROUP = 4242;

  @Test
  void whatAUserMakesBelongsToThatUser(Rig rig) throws Exception {
    Path shared = directory(rig, "shared", "rwxrwxrwx");
    Files.setAttribute(shared, "unix:mode", 01777);
    Mount mount = rig.mount("--allow-other");
    Path place = mount.path().resolve("shared");
    as(USER, "umask 027; echo text >f; mkdir d; ln -s f link; mkfifo p", place).succeeded();
    for (String name : new String[] {"f", "d", "link", "p"}) {
      assertThat(attribute(shared.resolve(name), "uid")).as("owner of %s", name).isEqualTo(USER);
      assertThat(attribute(shared.resolve(name), "gid")).as("group of %s", name).isEqualTo(USER);
    }
    assertThat(attribute(shared.resolve("f"), "mode")).isEqualTo(0100640);
    assertThat(attribute(shared.resolve("d"), "mode")).isEqualTo(0040750);
    assertThat(as(OTHER_USER, "rm -f f", place).exitCode()).as("sticky directory").isNotZero();
    assertThat(as(OTHER_USER, "cat f", place).exitCode()).as("mode 0640").isNotZero();
    assertThat(as(USER, "cat f && rm f", place).succeeded().out()).isEqualTo("text\n");
  }

  @Test
  void aUserReadsOnlyWhatItsPermissionsAllowAlsoFromTheCache(Rig rig) throws Exception {
    Path secret = Files.writeString(rig.backing().resolve("secret"), "for root");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path open = Files.writeString(rig.backing().resolve("open"), "for all");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Mount mount = rig.mount("--allow-other");
    assertThat(Files.readString(mount.path().resolve("secret"))).isEqualTo("for root");
    Outcome refused = as(USER, "cat secret", mount.path());
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.out()).isEmpty();
    assertThat(as(USER, "cat open", mount.path()).succeeded().out()).isEqualTo("for all");
    assertThat(as(USER, "echo more >>open", mount.path()).exitCode()).isNotZero();
    assertThat(as(USER, "chmod 777 secret", mount.path()).exitCode()).isNotZero();
    assertThat(Files.readString(open)).isEqualTo("for all");
  }

  @Test
  void withoutAllowOtherNobodyElseGetsIn(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("open"), "for all");
    Mount mount = rig.mount();
    assertThat(as(USER, "cat " + mount.path() + "/open", Path.of("/")).exitCode()).isNotZero();
  }

  @Test
  void aSetgidDirectoryGivesItsGroupToWhatIsMadeInIt(Rig rig) throws Exception {
    Path team = directory(rig, "team", "rwxrwxrwx");
    Files.setAttribute(team, "unix:gid", GROUP);
    Files.setAttribute(team, "unix:mode", 02777);
    Mount mount = rig.mount("--allow-other");
    as(USER, "echo x >f; mkdir d", mount.path().resolve("team")).succeeded();
    assertThat(attribute(team.resolve("f"), "gid")).isEqualTo(GROUP);
    assertThat(attribute(team.resolve("f"), "uid")).isEqualTo(USER);
    assertThat(attribute(team.resolve("d"), "gid")).isEqualTo(GROUP);
    assertThat((Integer) attribute(team.resolve("d"), "mode") & 02000).isEqualTo(02000);
  }

  private static Path directory(Rig rig, String name, String mode) throws IOException {
    Path directory = Files.createDirectory(rig.backing().resolve(name));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    return directory;
  }

  private static Object attribute(Path file, String name) throws IOException {
    return Files.getAttribute(file, "unix:" + name, LinkOption.NOFOLLOW_LINKS);
  }

  private static Outcome as(int user, String script, Path place)
      throws IOException, InterruptedException {
    String id = Integer.toString(user);
    return Program.of(
            "setpriv",
            "--reuid",
            id,
            "--regid",
            id,
            "--clear-groups",
            "sh",
            "-e",
            "-c",
            "cd \"$0\"; " + script,
            place.toString())
        .run();
  }
}
