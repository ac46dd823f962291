package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.BackingException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * One io_uring instance (linux/io_uring.h) with the entries of 128 bytes that FUSE's commands need.
 *
 * <p>Of the thread that opened it, from open to close: the kernel refuses others. {@code put…}
 * fills the next submission entry; {@link #enter} hands all of them to the kernel and waits. None
 * of these allocates.
 *
 * <p>Memory order: the kernel moves the submission head and the completion tail, which are read
 * with acquire; the other two are moved here, with release. Entries themselves are plain.
 */
public final class IoUring implements AutoCloseable {
  // System calls, the same numbers on every machine that Java runs on.
  private static final long SETUP = 425;
  private static final long ENTER = 426;
  private static final long REGISTER = 427;

  private static final int SETUP_FLAGS =
      1 << 7 // SUBMIT_ALL: one bad entry does not hold the others back
          | 1 << 10 // SQE128
          | 1 << 12 // SINGLE_ISSUER
          | 1 << 13 // DEFER_TASKRUN: completions are made when they are waited for
          | 1 << 16; // NO_SQARRAY

  private static final long ENTER_GETEVENTS = 1;
  private static final long ENTER_REGISTERED_RING = 1 << 4;
  private static final long REGISTER_FILES = 2;
  private static final long REGISTER_RING_DESCRIPTORS = 20;

  // struct io_uring_params, with struct io_sqring_offsets and io_cqring_offsets in it
  private static final int PARAMETERS_SIZE = 120;
  private static final int PARAMETERS_SQ_ENTRIES = 0;
  private static final int PARAMETERS_CQ_ENTRIES = 4;
  private static final int PARAMETERS_FLAGS = 8;
  private static final int SQ_HEAD = 40;
  private static final int SQ_TAIL = 44;
  private static final int SQ_MASK = 48;
  private static final int CQ_HEAD = 80;
  private static final int CQ_TAIL = 84;
  private static final int CQ_MASK = 88;
  private static final int CQ_ENTRIES_AT = 100;

  private static final long RINGS_OFFSET = 0;
  private static final long ENTRIES_OFFSET = 0x10000000L;

  // struct io_uring_sqe of 128 bytes, as longs
  private static final int SQE_SIZE = 128;
  private static final int SQE_OPERATION = 0;
  private static final int SQE_OFFSET = 8;
  private static final int SQE_ADDRESS = 16;
  private static final int SQE_LENGTH = 24;
  private static final int SQE_USER_DATA = 32;
  private static final int SQE_BUFFER = 40;
  private static final int SQE_COMMAND = 48;
  private static final int SQE_COMMIT_ID = SQE_COMMAND + 8;
  private static final int SQE_QUEUE_ID = SQE_COMMAND + 16;
  private static final int DESCRIPTOR_SHIFT = 32;

  private static final long OPERATION_READ = 22;
  private static final long OPERATION_COMMAND_ON_FILE_0 = 46 | 1 << 8;

  // struct io_uring_cqe
  private static final int CQE_SIZE = 16;
  private static final int CQE_USER_DATA = 0;
  private static final int CQE_RESULT = 8;

  // struct io_uring_rsrc_update
  private static final int UPDATE_SIZE = 16;
  private static final int UPDATE_DATA = 8;

  private static final VarHandle INDEX = JAVA_INT.varHandle();

  private static final MethodHandle SYSCALL_2 = LibC.link("syscall", 3, 1);
  private static final MethodHandle SYSCALL_4 = LibC.link("syscall", 5, 1);
  private static final MethodHandle SYSCALL_6 = LibC.link("syscall", 7, 1);

  private final Arena arena = Arena.ofConfined();
  private final int descriptor;
  private final MemorySegment rings;
  private final MemorySegment entries;
  private final long sqHeadAt;
  private final long sqTailAt;
  private final int sqMask;
  private final long cqHeadAt;
  private final long cqTailAt;
  private final int cqMask;
  private final long completionsAt;

  /** What {@link #enter} calls the ring by: its index among the thread's, or its descriptor. */
  private int enterDescriptor;

  private long enterFlags = ENTER_GETEVENTS;

  private int sqTail;
  private int cqHead;

  private IoUring(int descriptor, MemorySegment parameters) {
    this.descriptor = descriptor;
    this.enterDescriptor = descriptor;
    sqHeadAt = parameters.get(JAVA_INT, SQ_HEAD);
    sqTailAt = parameters.get(JAVA_INT, SQ_TAIL);
    cqHeadAt = parameters.get(JAVA_INT, CQ_HEAD);
    cqTailAt = parameters.get(JAVA_INT, CQ_TAIL);
    completionsAt = parameters.get(JAVA_INT, CQ_ENTRIES_AT);
    long completions = parameters.get(JAVA_INT, PARAMETERS_CQ_ENTRIES);
    long submissions = parameters.get(JAVA_INT, PARAMETERS_SQ_ENTRIES);
    try {
      rings =
          NativeMemory.mapShared(
              descriptor, RINGS_OFFSET, completionsAt + completions * CQE_SIZE, arena);
      entries = NativeMemory.mapShared(descriptor, ENTRIES_OFFSET, submissions * SQE_SIZE, arena);
    } catch (RuntimeException failed) {
      arena.close();
      throw failed;
    }
    sqMask = rings.get(JAVA_INT, parameters.get(JAVA_INT, SQ_MASK));
    cqMask = rings.get(JAVA_INT, parameters.get(JAVA_INT, CQ_MASK));
    sqTail = rings.get(JAVA_INT, sqTailAt);
    cqHead = rings.get(JAVA_INT, cqHeadAt);
  }

  /**
   * Makes a ring for the calling thread.
   *
   * @param entryCount entries that may be put between two calls of {@link #enter}, at least; twice
   *     as many completions have room
   * @throws BackingException with the errno of the system call: ENOSYS or EPERM where io_uring is
   *     switched off, EINVAL where the kernel is too old, ENOMEM
   */
  public static IoUring open(int entryCount) {
    MemorySegment captured = LibC.captured();
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment parameters = scratch.allocate(PARAMETERS_SIZE, Long.BYTES);
      parameters.set(JAVA_INT, PARAMETERS_FLAGS, SETUP_FLAGS);
      int descriptor;
      try {
        descriptor =
            LibC.intOrErrno(
                (long)
                    SYSCALL_2.invokeExact(captured, SETUP, (long) entryCount, parameters.address()),
                captured);
      } catch (Throwable thrown) {
        throw LibC.unexpected(thrown);
      }
      if (descriptor < 0) {
        throw new BackingException(-descriptor, "io_uring_setup", entryCount + " entries");
      }
      try {
        return new IoUring(descriptor, parameters);
      } catch (RuntimeException failed) {
        FuseDevice.close(descriptor);
        throw failed;
      }
    }
  }

  /**
   * Makes a descriptor the ring's file 0, which commands are sent to. The ring holds the file until
   * it is closed.
   *
   * @throws BackingException with the errno of the system call
   */
  public void registerFile(int file) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment files = scratch.allocateFrom(JAVA_INT, file);
      int result = register(REGISTER_FILES, files.address(), 1);
      if (result < 0) {
        throw new BackingException(-result, "io_uring_register", "a file");
      }
    }
  }

  /** Spares each {@link #enter} the search for the ring's descriptor; without effect if refused. */
  public void registerRing() {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment update = scratch.allocate(UPDATE_SIZE, Long.BYTES);
      // Any index; the kernel writes which.
      update.set(JAVA_INT, 0, -1);
      update.set(JAVA_LONG, UPDATE_DATA, descriptor);
      if (register(REGISTER_RING_DESCRIPTORS, update.address(), 1) == 1) {
        enterDescriptor = update.get(JAVA_INT, 0);
        enterFlags |= ENTER_REGISTERED_RING;
      }
    }
  }

  /**
   * Puts a FUSE command (struct fuse_uring_cmd_req) to file 0.
   *
   * @param operation of enum fuse_uring_cmd
   * @param address of an array of struct iovec, {@code length} elements, read at {@link #enter}; or
   *     0
   * @param commitId of the request that is answered; or 0
   * @param queueId FUSE's queue that the entry belongs to
   * @param userData comes back with the completion
   */
  public void putFuseCommand(
      int operation, long address, int length, long commitId, int queueId, long userData) {
    long at = next(OPERATION_COMMAND_ON_FILE_0, operation, address, length, userData);
    entries.set(JAVA_LONG, at + SQE_COMMIT_ID, commitId);
    entries.set(JAVA_LONG, at + SQE_QUEUE_ID, queueId);
  }

  /**
   * Puts a read of a descriptor that has no position.
   *
   * @param address native memory that stays until the completion, or until nothing can be read
   * @param userData comes back with the completion, whose result is a byte count
   */
  public void putRead(int from, long address, int length, long userData) {
    next(OPERATION_READ | (long) from << DESCRIPTOR_SHIFT, 0, address, length, userData);
  }

  /**
   * Hands everything put to the kernel and waits for completions.
   *
   * @param completionCountMin how many must be there
   * @return entries taken, or the negated errno; EINTR, EAGAIN and EBUSY pass
   */
  public int enter(int completionCountMin) {
    MemorySegment captured = LibC.captured();
    INDEX.setRelease(rings, sqTailAt, sqTail);
    int waiting = sqTail - (int) INDEX.getAcquire(rings, sqHeadAt);
    try {
      return LibC.intOrErrno(
          (long)
              SYSCALL_6.invokeExact(
                  captured,
                  ENTER,
                  (long) enterDescriptor,
                  (long) waiting,
                  (long) completionCountMin,
                  enterFlags,
                  0L,
                  0L),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Whether there is a completion to look at. */
  public boolean hasCompletion() {
    return cqHead != (int) INDEX.getAcquire(rings, cqTailAt);
  }

  /** What was put with the entry whose completion is first; only if there is one. */
  public long userData() {
    return rings.get(JAVA_LONG, completion() + CQE_USER_DATA);
  }

  /** How that entry ended: 0 or a count, or the negated errno. */
  public int result() {
    return rings.get(JAVA_INT, completion() + CQE_RESULT);
  }

  /** Gives the first completion back to the kernel. */
  public void advance() {
    cqHead++;
    INDEX.setRelease(rings, cqHeadAt, cqHead);
  }

  /** Ends the ring; what is under way is cancelled, its memory untouched from then on. */
  @Override
  public void close() {
    FuseDevice.close(descriptor);
    arena.close();
  }

  private long completion() {
    return completionsAt + (long) (cqHead & cqMask) * CQE_SIZE;
  }

  /**
   * Every field is written: an entry is used again for something else. Where a command has its
   * number, a read has attributes (attr_type_mask), and is refused with EINVAL if they are not 0.
   */
  private long next(long operation, long offset, long address, int length, long userData) {
    long at = (long) (sqTail & sqMask) * SQE_SIZE;
    entries.set(JAVA_LONG, at + SQE_OPERATION, operation);
    entries.set(JAVA_LONG, at + SQE_OFFSET, offset);
    entries.set(JAVA_LONG, at + SQE_ADDRESS, address);
    entries.set(JAVA_LONG, at + SQE_LENGTH, length);
    entries.set(JAVA_LONG, at + SQE_USER_DATA, userData);
    entries.set(JAVA_LONG, at + SQE_BUFFER, 0);
    entries.set(JAVA_LONG, at + SQE_COMMAND, 0);
    entries.set(JAVA_LONG, at + SQE_COMMIT_ID, 0);
    sqTail++;
    return at;
  }

  private int register(long operation, long address, long count) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long)
              SYSCALL_4.invokeExact(
                  captured, REGISTER, (long) descriptor, operation, address, count),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
