package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntSupplier;

/**
 * Makes the calling thread another user's for the length of one call, so that what is created
 * belongs to whoever asked for it.
 *
 * <p>All of it concerns the calling kernel thread only: file-system ids, supplementary groups (the
 * raw call; the C library's would change every thread), capabilities, and the umask, of which the
 * thread takes a private copy once. Platform threads only. A process that is not root cannot switch
 * and serves one user: only the umask is set then.
 */
public final class Credentials {
  /** Number of setgroups(2) on x86-64. */
  private static final long SYS_SETGROUPS = 116;

  private static final int CLONE_FS = 0x200;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;
  private static final int CAP_CHOWN = 0;
  private static final int CAP_FOWNER = 3;
  private static final int CAP_FSETID = 4;

  /** Those without which the rules of setgid directories hold for the caller as for anybody. */
  private static final int DROPPED = 1 << CAP_CHOWN | 1 << CAP_FOWNER | 1 << CAP_FSETID;

  /** NGROUPS_MAX of linux/limits.h. */
  private static final int GROUPS_MAX = 65536;

  private static final int ANY_ID = -1;
  private static final int[] NO_GROUPS = {};

  // struct __user_cap_header_struct, then two __user_cap_data_struct of linux/capability.h.
  private static final int CAPABILITY_HEADER = 0;
  private static final int CAPABILITY_DATA = 8;
  private static final int CAPABILITY_DATA_BYTES = 24;
  private static final int REDUCED_DATA = CAPABILITY_DATA + CAPABILITY_DATA_BYTES;
  private static final int CAPABILITY_MEMORY_BYTES = REDUCED_DATA + CAPABILITY_DATA_BYTES;

  private static final MethodHandle GETEUID = LibC.link("geteuid", 0);
  private static final MethodHandle SETFSUID = LibC.link("setfsuid", 1);
  private static final MethodHandle SETFSGID = LibC.link("setfsgid", 1);
  private static final MethodHandle CAPGET = LibC.link("capget", 2);
  private static final MethodHandle CAPSET = LibC.link("capset", 2);
  private static final MethodHandle SETGROUPS = LibC.link("setgroups", 2);
  private static final MethodHandle SYSCALL = LibC.link("syscall", 3, 1);
  private static final MethodHandle UNSHARE = LibC.link("unshare", 1);
  private static final MethodHandle UMASK = LibC.link("umask", 1);

  private static final ThreadLocal<Credentials> OF_THREAD =
      ThreadLocal.withInitial(Credentials::new);

  private final MemorySegment capabilities =
      Arena.global().allocate(CAPABILITY_MEMORY_BYTES, Long.BYTES);

  /** This thread has an umask of its own. */
  private boolean unshared;

  private Credentials() {}

  /**
   * Gives up the supplementary groups of the whole process: once, at start. They would otherwise
   * decide who may keep a setgid bit. Does nothing where the process is not root.
   *
   * @throws IllegalStateException if the kernel refuses
   */
  public static void dropSupplementaryGroups() {
    if (effectiveUser() != 0) {
      return;
    }
    MemorySegment captured = LibC.captured();
    try {
      int result = LibC.intOrErrno((long) SETGROUPS.invokeExact(captured, 0L, 0L), captured);
      if (result < 0) {
        throw new IllegalStateException("setgroups failed with errno " + -result);
      }
    } catch (IllegalStateException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Runs one creating call as {@code caller}; afterwards the thread is root again, without
   * supplementary groups.
   *
   * @param call makes one system call and returns its result or negated errno; runs at most once
   * @return what {@code call} returned, or the negated errno of a switch that was refused
   */
  public static int runAs(Caller caller, IntSupplier call) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "credentials belong to a kernel thread, a virtual thread has none");
    }
    return OF_THREAD.get().run(caller, call);
  }

  /** Whether a group is the caller's own or one of its supplementary ones. */
  public static boolean isInGroup(Caller caller, int gid) {
    return caller.gid() == gid
        || Arrays.stream(groupsOf(caller.pid())).anyMatch(group -> group == gid);
  }

  private int run(Caller caller, IntSupplier call) {
    if (!unshared) {
      int result = unshare();
      if (result < 0) {
        return result;
      }
      unshared = true;
    }
    // The umask is given to the kernel and not just taken from the mode: a directory's default ACL
    // replaces it.
    int ownUmask = umask(caller.umask());
    try {
      boolean isRoot = caller.uid() == 0 && caller.gid() == 0;
      return isRoot || effectiveUser() != 0 ? call.getAsInt() : runSwitched(caller, call);
    } finally {
      umask(ownUmask);
    }
  }

  private int runSwitched(Caller caller, IntSupplier call) {
    int[] groups = groupsOf(caller.pid());
    int kept = keepCapabilities();
    if (kept < 0) {
      return kept;
    }
    try {
      int refused = becomeCaller(caller, groups);
      return refused < 0 ? refused : call.getAsInt();
    } finally {
      becomeRoot(groups.length > 0);
    }
  }

  private int becomeCaller(Caller caller, int[] groups) {
    int result = groups.length > 0 ? setGroups(groups) : 0;
    if (result < 0) {
      return result;
    }
    setFileGroup(caller.gid());
    setFileUser(caller.uid());
    // These two calls report no errors: the second one with an impossible id tells what holds.
    if (setFileGroup(ANY_ID) != caller.gid() || setFileUser(ANY_ID) != caller.uid()) {
      return -Errno.EPERM;
    }
    // The kernel dropped the file capabilities with the user. The permission to create has been
    // decided above; what must not
    // come back is the right to disregard setgid rules.
    return caller.uid() == 0 ? 0 : setCapabilities(REDUCED_DATA);
  }

  private void becomeRoot(boolean withGroups) {
    setFileUser(0);
    setFileGroup(0);
    int result = setCapabilities(CAPABILITY_DATA);
    if (withGroups && result == 0) {
      result = setGroups(NO_GROUPS);
    }
    if (result < 0 || setFileUser(ANY_ID) != 0 || setFileGroup(ANY_ID) != 0) {
      throw new IllegalStateException("this thread cannot become root again, errno " + -result);
    }
  }

  /** Reads this thread's capabilities, and makes beside them the set for another user. */
  private int keepCapabilities() {
    capabilities.set(JAVA_INT, CAPABILITY_HEADER, CAPABILITY_VERSION_3);
    capabilities.set(JAVA_INT, CAPABILITY_HEADER + Integer.BYTES, 0);
    MemorySegment captured = LibC.captured();
    int result;
    try {
      result =
          LibC.intOrErrno(
              (long)
                  CAPGET.invokeExact(
                      captured, capabilities.address(), capabilities.address() + CAPABILITY_DATA),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    MemorySegment.copy(
        capabilities, CAPABILITY_DATA, capabilities, REDUCED_DATA, CAPABILITY_DATA_BYTES);
    int effective = capabilities.get(JAVA_INT, CAPABILITY_DATA);
    capabilities.set(JAVA_INT, REDUCED_DATA, effective & ~DROPPED);
    return result;
  }

  private int setCapabilities(int data) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long)
              CAPSET.invokeExact(captured, capabilities.address(), capabilities.address() + data),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static int setGroups(int[] groups) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocateFrom(JAVA_INT, groups);
      return (int)
          LibC.orErrno(
              (long)
                  SYSCALL.invokeExact(
                      captured, SYS_SETGROUPS, (long) groups.length, list.address()),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Supplementary groups of a thread. None if it is unknown or gone: its request is then answered
   * to nobody.
   */
  static int[] groupsOf(int pid) {
    if (pid <= 0) {
      return NO_GROUPS;
    }
    String status;
    try {
      status = Files.readString(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return NO_GROUPS;
    }
    String label = "\nGroups:";
    int start = status.indexOf(label);
    if (start < 0) {
      return NO_GROUPS;
    }
    String line = status.substring(start + label.length(), status.indexOf('\n', start + 1)).trim();
    return line.isEmpty()
        ? NO_GROUPS
        : Arrays.stream(line.split("\\s+"))
            .limit(GROUPS_MAX)
            .mapToInt(Integer::parseUnsignedInt)
            .toArray();
  }

  private static int effectiveUser() {
    try {
      return (int) (long) GETEUID.invokeExact(LibC.captured());
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static int unshare() {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno((long) UNSHARE.invokeExact(captured, (long) CLONE_FS), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static int umask(int mask) {
    return previous(UMASK, mask);
  }

  private static int setFileUser(int uid) {
    return previous(SETFSUID, uid);
  }

  private static int setFileGroup(int gid) {
    return previous(SETFSGID, gid);
  }

  /** Calls that cannot fail and return what held before. */
  private static int previous(MethodHandle call, int value) {
    try {
      return (int) (long) call.invokeExact(LibC.captured(), (long) value);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
