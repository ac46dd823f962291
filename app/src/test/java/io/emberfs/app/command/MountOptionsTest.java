package io.emberfs.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MountOptionsTest {
  private static final Set<String> KNOWN =
      Set.of("--ram", "--attr-ttl", "--allow-other", "--state-dir", "--foreground", "--json");

  @Test
  void optionsBecomeLongOptionsAndUnderscoresBecomeDashes() throws Exception {
    assertThat(writtenOut("-o", "ram=2G,allow_other,attr_ttl=1s", "/a", "/b"))
        .containsExactly("--ram=2G", "--allow-other", "--attr-ttl=1s", "/a", "/b");
    assertThat(writtenOut("-oattr-ttl=1s", "/a")).containsExactly("--attr-ttl=1s", "/a");
  }

  @Test
  void flagsOfTheKernelStayFlags() throws Exception {
    assertThat(writtenOut("-o", "noexec,suid", "/a"))
        .containsExactly("-o", "noexec", "-o", "suid", "/a");
  }

  @Test
  void whatIsMeantForMountAndForSystemdIsLeftOut() throws Exception {
    assertThat(
            writtenOut(
                "-o", "defaults,_netdev,nofail,noatime,x-systemd.automount,user=me,noauto,,", "/a"))
        .containsExactly("/a");
  }

  @Test
  void theCommandLineWinsAndThenTheLaterOption() throws Exception {
    assertThat(writtenOut("--ram", "1G", "-o", "ram=2G")).containsExactly("--ram", "1G");
    assertThat(writtenOut("-o", "ram=2G,ram=3G")).containsExactly("--ram=3G");
    assertThat(writtenOut("-o", "ram=2G", "--ram=1G")).containsExactly("--ram=1G");
  }

  @Test
  void aCommaBetweenQuotesIsPartOfTheValue() throws Exception {
    assertThat(writtenOut("-o", "state_dir=\"/a,b\",ram=1G"))
        .containsExactly("--state-dir=/a,b", "--ram=1G");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rem=1G", "frobnicate", "foreground", "json", "sync", "=", "ram,sync=1"})
  void anythingElseIsRefused(String options) {
    Refusal refusal = catchThrowableOfType(Refusal.class, () -> writtenOut("-o", options));
    assertThat(refusal.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refusal.text()).matches("emberfs: cannot use -o [^\n]*: [^\n]+\nfix: [^\n]+");
  }

  @Test
  void whatIsNearIsNamedAsItStandsInAList() {
    assertThat(catchThrowableOfType(Refusal.class, () -> writtenOut("-o", "rem=1G")).text())
        .endsWith("fix: did you mean ram?");
    assertThat(catchThrowableOfType(Refusal.class, () -> writtenOut("-o", "foo=1")).text())
        .contains("fix: emberfs mount --help");
  }

  private static List<String> writtenOut(String... arguments) throws Refusal {
    return MountOptions.writtenOut(List.of(arguments), KNOWN);
  }
}
