package io.emberfs.fuse.mount;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Errno;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MountPointTest {
  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOTCONN, Errno.ECONNABORTED, Errno.ECANCELED})
  void whatOnlyAMountWithoutADaemonAnswersIsDead(int errno) {
    assertThat(MountPoint.isDead(-errno)).isTrue();
  }

  /** EACCES is what the kernel answers for another user's mount, whether it lives or not. */
  @ParameterizedTest
  @ValueSource(ints = {0, -Errno.EACCES, -Errno.EIO, -Errno.ENOENT, Errno.ENOTCONN})
  void anyOtherAnswerIsNoProofOfDeath(int result) {
    assertThat(MountPoint.isDead(result)).isFalse();
  }
}
