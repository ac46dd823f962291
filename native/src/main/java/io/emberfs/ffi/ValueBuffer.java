package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Native memory of one thread for what the kernel answers at length: an extended attribute, their
 * names, a link's target.
 *
 * <p>Its content is read before the thread's next call that uses it.
 */
public final class ValueBuffer {
  /** XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h; more than PATH_MAX. */
  public static final int BYTES = 65536;

  private static final ThreadLocal<ValueBuffer> OF_THREAD =
      ThreadLocal.withInitial(ValueBuffer::new);

  private final MemorySegment memory = Arena.global().allocate(BYTES);

  private ValueBuffer() {}

  /** The calling thread's. */
  public static ValueBuffer ofThread() {
    return OF_THREAD.get();
  }

  /** A copy of the first {@code length} bytes. */
  public byte[] bytes(long length) {
    return memory.asSlice(0, length).toArray(JAVA_BYTE);
  }

  long address() {
    return memory.address();
  }

  void put(byte[] bytes) {
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
  }
}
