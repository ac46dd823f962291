package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.MountSpec;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class InitiationTest {
  private static final int ALL = -1;
  private static final MountSpec SPEC = spec(false);

  private static MountSpec spec(boolean accessControlLists) {
    return new MountSpec(
        Path.of("m"), "s", false, false, false, false, true, accessControlLists, 1 << 20, 1, 1);
  }

  @Test
  void onlyWhatWasOfferedIsTaken() {
    Initiation agreed =
        Initiation.negotiate(
            offer(7, 45, (int) (Initiation.ASYNC_READ | Initiation.INIT_EXT), 0),
            SPEC,
            true,
            () -> false);

    assertThat(agreed.flags()).isEqualTo(Initiation.ASYNC_READ | Initiation.INIT_EXT);
  }

  @Test
  void neitherLocksNorAclNorWritebackAreTaken() {
    Initiation agreed = Initiation.negotiate(offer(7, 45, ALL, ALL), SPEC, true, () -> false);
    long unwanted = 1L << 1 | 1L << 10 | 1L << 16 | 1L << 19 | 1L << 20 | 1L << 37 | 1L << 41;

    assertThat(agreed.flags() & unwanted).isZero();
    assertThat(agreed.flags() & Initiation.DIRECT_IO_ALLOW_MMAP).isNotZero();
    assertThat(agreed.flags() & Initiation.EXPLICIT_INVAL_DATA).isNotZero();
    assertThat(agreed.flags() & Initiation.AUTO_INVAL_DATA).isZero();
  }

  @Test
  void accessControlListsAreTakenWhenTheyAreWanted() {
    Initiation agreed = Initiation.negotiate(offer(7, 45, ALL, ALL), spec(true), true, () -> false);
    long wanted = Initiation.POSIX_ACL | Initiation.DONT_MASK | Initiation.SETXATTR_EXT;

    assertThat(agreed.flags() & wanted).isEqualTo(wanted);
  }

  @Test
  void withoutKernelCacheNothingIsToBeInvalidatedAutomatically() {
    Initiation agreed = Initiation.negotiate(offer(7, 45, ALL, ALL), SPEC, false, () -> false);

    assertThat(agreed.flags() & Initiation.AUTO_INVAL_DATA).isZero();
    assertThat(agreed.flags() & Initiation.EXPLICIT_INVAL_DATA).isZero();
  }

  @Test
  void theUpperFlagsNeedTheExtension() {
    Initiation agreed =
        Initiation.negotiate(
            offer(7, 45, ~(int) Initiation.INIT_EXT, ALL), SPEC, true, () -> false);

    assertThat(agreed.flags() >>> Integer.SIZE).isZero();
  }

  @Test
  void theReplyCarriesTheBounds() {
    MemorySegment reply = MemorySegment.ofArray(new byte[64]);
    Initiation.negotiate(offer(7, 99, ALL, ALL), SPEC, true, () -> false).encode(reply);

    assertThat(reply.get(JAVA_INT_UNALIGNED, 0)).isEqualTo(7);
    assertThat(reply.get(JAVA_INT_UNALIGNED, 4)).isEqualTo(45);
    assertThat(reply.get(JAVA_INT_UNALIGNED, 8)).isEqualTo(131072);
    assertThat(reply.get(JAVA_SHORT_UNALIGNED, 16)).isEqualTo((short) 64);
    assertThat(reply.get(JAVA_INT_UNALIGNED, 20)).isEqualTo(1 << 20);
    assertThat(reply.get(JAVA_INT_UNALIGNED, 24)).isEqualTo(1);
    assertThat(reply.get(JAVA_SHORT_UNALIGNED, 28)).isEqualTo((short) 256);
    assertThat(reply.get(JAVA_INT_UNALIGNED, 32)).isEqualTo(1 << 4);
  }

  @Test
  void ringsAreAnnouncedIfTheyAreOfferedAndStand() {
    MemorySegment offer = offer(7, 45, ALL, ALL);
    assertThat(Initiation.negotiate(offer, SPEC, true, () -> true).overRings()).isTrue();
    assertThat(Initiation.negotiate(offer, SPEC, true, () -> false).overRings()).isFalse();
    assertThat(
            Initiation.negotiate(
                    offer(7, 45, ALL, 0),
                    SPEC,
                    true,
                    () -> {
                      throw new AssertionError("nobody offered rings");
                    })
                .overRings())
        .isFalse();
  }

  @Test
  void strangeProtocolsAreRefused() {
    assertThatThrownBy(() -> Initiation.negotiate(offer(8, 0, ALL, ALL), SPEC, true, () -> false))
        .isInstanceOf(BackingException.class);
    assertThatThrownBy(() -> Initiation.negotiate(offer(7, 12, ALL, ALL), SPEC, true, () -> false))
        .isInstanceOf(BackingException.class);
    assertThatThrownBy(() ->
            Initiation.negotiate(MemorySegment.ofArray(new byte[15]), SPEC, true, () -> false))
        .isInstanceOf(BackingException.class);
  }

  private static MemorySegment offer(int major, int minor, int flags, int flags2) {
    MemorySegment arguments = MemorySegment.ofArray(new byte[64]);
    arguments.set(JAVA_INT_UNALIGNED, 0, major);
    arguments.set(JAVA_INT_UNALIGNED, 4, minor);
    arguments.set(JAVA_INT_UNALIGNED, 8, 131072);
    arguments.set(JAVA_INT_UNALIGNED, 12, flags);
    arguments.set(JAVA_INT_UNALIGNED, 16, flags2);
    return arguments;
  }
}
