package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.MountSpec;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * What kernel and daemon agree on at INIT (struct fuse_init_in, fuse_init_out). Only what the
 * kernel offered is taken.
 *
 * @param minor protocol 7.minor
 * @param readAheadBytesMax as the kernel proposed
 * @param flags agreed INIT flags, both words
 * @param requestSizeMax bytes of the largest read or write
 */
public record Initiation(int minor, int readAheadBytesMax, long flags, int requestSizeMax) {
  static final int REQUEST_SIZE = 64;
  static final int REQUEST_SIZE_MIN = 16;
  static final int REPLY_SIZE = 64;

  static final int MAJOR = 7;
  private static final int MINOR_MAX = 45;

  /** The first protocol whose INIT knows everything that is used here without doubt (max_pages). */
  private static final int MINOR_MIN = 31;

  static final long ASYNC_READ = 1L;
  static final long ATOMIC_O_TRUNC = 1L << 3;
  static final long BIG_WRITES = 1L << 5;
  static final long DONT_MASK = 1L << 6;
  static final long AUTO_INVAL_DATA = 1L << 12;
  static final long DO_READDIRPLUS = 1L << 13;
  static final long READDIRPLUS_AUTO = 1L << 14;
  static final long ASYNC_DIO = 1L << 15;
  static final long PARALLEL_DIROPS = 1L << 18;
  static final long POSIX_ACL = 1L << 20;
  static final long MAX_PAGES = 1L << 22;
  static final long EXPLICIT_INVAL_DATA = 1L << 25;
  static final long HANDLE_KILLPRIV_V2 = 1L << 28;
  static final long SETXATTR_EXT = 1L << 29;
  static final long INIT_EXT = 1L << 30;
  static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;
  static final long OVER_IO_URING = 1L << 41;

  /**
   * No lock flags: the kernel then keeps locks itself, which is right for one node and can hang
   * nobody here. With HANDLE_KILLPRIV_V2 the kernel asks for no capability attribute before a
   * write, and the file system clears set-id bits. With DONT_MASK the umask is applied where the
   * file is made, since a default ACL there replaces it.
   */
  private static final long WANTED =
      ASYNC_READ
          | ATOMIC_O_TRUNC
          | BIG_WRITES
          | DONT_MASK
          | DO_READDIRPLUS
          | READDIRPLUS_AUTO
          | ASYNC_DIO
          | PARALLEL_DIROPS
          | MAX_PAGES
          | HANDLE_KILLPRIV_V2
          | INIT_EXT
          | DIRECT_IO_ALLOW_MMAP;

  /** For {@link MountSpec#accessControlLists}: SETXATTR then says when an ACL ends a setgid bit. */
  private static final long ACCESS_CONTROL_LISTS = POSIX_ACL | SETXATTR_EXT;

  private static final int PAGE_SIZE = 4096;
  private static final int PAGES_MAX = 256;
  private static final int BACKGROUND_MAX = 64;
  private static final int CONGESTION_THRESHOLD = 48;
  private static final int TIME_GRANULARITY_NANOS = 1;

  private static final int MAJOR_AT = 0;
  private static final int MINOR_AT = 4;
  private static final int READ_AHEAD_AT = 8;
  private static final int FLAGS_AT = 12;
  private static final int REQUEST_FLAGS2_AT = 16;
  private static final int REPLY_BACKGROUND_AT = 16;
  private static final int REPLY_CONGESTION_AT = 18;
  private static final int REPLY_MAX_WRITE_AT = 20;
  private static final int REPLY_TIME_GRANULARITY_AT = 24;
  private static final int REPLY_MAX_PAGES_AT = 28;
  private static final int REPLY_FLAGS2_AT = 32;

  /**
   * Answers the first request of a connection.
   *
   * @param byteCount bytes received into the request's memory
   * @param spec what is mounted; its request size is as large as the request's memory allows
   * @param kernelCache whether the kernel may keep pages of files
   * @param overRings asked once if the kernel offers rings, before it is answered: whether they are
   *     all there and will be registered
   * @throws BackingException if it is no INIT or one that is not understood; the kernel was told so
   */
  public static Initiation answer(
      WireRequest request,
      int descriptor,
      int byteCount,
      MountSpec spec,
      boolean kernelCache,
      BooleanSupplier overRings) {
    if (!request.begin(descriptor, byteCount)) {
      throw new BackingException(Errno.EIO, "INIT", "of " + byteCount + " bytes");
    }
    try {
      request.checkLength();
      if (request.opcode() != Opcode.INIT) {
        throw new BackingException(
            Errno.EIO, "INIT", "expected, found operation " + request.opcode());
      }
      Initiation agreed = negotiate(request.arguments().segment(), spec, kernelCache, overRings);
      agreed.encode(request.out());
      request.reply(REPLY_SIZE);
      return agreed;
    } catch (MalformedRequestException malformed) {
      request.error(Errno.EIO);
      throw new BackingException(Errno.EIO, "INIT", "malformed " + malformed.getMessage());
    } catch (BackingException refused) {
      request.error(Errno.EIO);
      throw refused;
    }
  }

  /**
   * Decides from the arguments of an INIT request.
   *
   * @param arguments bytes behind the request header, no more than were received
   * @param kernelCache whether the kernel may keep pages of files
   * @param overRings as for {@link #answer}
   * @throws BackingException EOPNOTSUPP if the kernel's protocol is not understood
   */
  static Initiation negotiate(
      MemorySegment arguments, MountSpec spec, boolean kernelCache, BooleanSupplier overRings) {
    if (arguments.byteSize() < REQUEST_SIZE_MIN) {
      throw new BackingException(Errno.EINVAL, "INIT", "of " + arguments.byteSize() + " bytes");
    }
    int major = arguments.get(JAVA_INT_UNALIGNED, MAJOR_AT);
    int minor = arguments.get(JAVA_INT_UNALIGNED, MINOR_AT);
    if (major != MAJOR || minor < MINOR_MIN) {
      throw new BackingException(
          Errno.EOPNOTSUPP, "INIT", "of FUSE protocol " + major + "." + minor);
    }
    long offered = Integer.toUnsignedLong(arguments.get(JAVA_INT_UNALIGNED, FLAGS_AT));
    if ((offered & INIT_EXT) != 0 && arguments.byteSize() >= REQUEST_SIZE) {
      offered |= (long) arguments.get(JAVA_INT_UNALIGNED, REQUEST_FLAGS2_AT) << Integer.SIZE;
    }
    long wanted =
        WANTED
            | (kernelCache ? invalidation(offered) : 0)
            | (spec.accessControlLists() ? ACCESS_CONTROL_LISTS : 0);
    if ((offered & OVER_IO_URING) != 0 && overRings.getAsBoolean()) {
      wanted |= OVER_IO_URING;
    }
    return new Initiation(
        Math.min(minor, MINOR_MAX),
        arguments.get(JAVA_INT_UNALIGNED, READ_AHEAD_AT),
        offered & wanted,
        spec.requestSizeMax());
  }

  /**
   * Who drops pages of a changed file: the file system, which hears of changes and compares. Left
   * to itself the kernel drops them whenever a time moved, that of an own write too, and with them
   * the page of a write under way: a reader then brings the old bytes back.
   */
  private static long invalidation(long offered) {
    return (offered & EXPLICIT_INVAL_DATA) != 0 ? EXPLICIT_INVAL_DATA : AUTO_INVAL_DATA;
  }

  /** Whether requests will come by rings, once each queue has a registered entry. */
  public boolean overRings() {
    return (flags & OVER_IO_URING) != 0;
  }

  /** Writes the reply's {@link #REPLY_SIZE} bytes to the start of {@code target}. */
  void encode(MemorySegment target) {
    target.asSlice(0, REPLY_SIZE).fill((byte) 0);
    target.set(JAVA_INT_UNALIGNED, MAJOR_AT, MAJOR);
    target.set(JAVA_INT_UNALIGNED, MINOR_AT, minor);
    target.set(JAVA_INT_UNALIGNED, READ_AHEAD_AT, readAheadBytesMax);
    target.set(JAVA_INT_UNALIGNED, FLAGS_AT, (int) flags);
    target.set(JAVA_SHORT_UNALIGNED, REPLY_BACKGROUND_AT, (short) BACKGROUND_MAX);
    target.set(JAVA_SHORT_UNALIGNED, REPLY_CONGESTION_AT, (short) CONGESTION_THRESHOLD);
    target.set(JAVA_INT_UNALIGNED, REPLY_MAX_WRITE_AT, requestSizeMax);
    target.set(JAVA_INT_UNALIGNED, REPLY_TIME_GRANULARITY_AT, TIME_GRANULARITY_NANOS);
    target.set(
        JAVA_SHORT_UNALIGNED,
        REPLY_MAX_PAGES_AT,
        (short) Math.clamp(requestSizeMax / PAGE_SIZE, 1, PAGES_MAX));
    target.set(JAVA_INT_UNALIGNED, REPLY_FLAGS2_AT, (int) (flags >>> Integer.SIZE));
  }
}
