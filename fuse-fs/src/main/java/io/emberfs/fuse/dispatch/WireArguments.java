package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The arguments of a request, behind its header: fields, strings and data, never read beyond what
 * was received. Lives as long as its {@link WireRequest}; of the receiving thread.
 */
final class WireArguments {
  private final MemorySegment memory;

  /** Where the present request's header begins in the memory. */
  private int requestOffset;

  /** Where its arguments begin. */
  private int offset;

  /** Behind the last byte of the present request's arguments. */
  private int end;

  WireArguments(MemorySegment memory) {
    this.memory = memory;
  }

  /** A request of so many bytes was received, at least its header. */
  void begin(int at, int byteCount) {
    requestOffset = at;
    offset = at + Wire.IN_HEADER_SIZE;
    end = at + byteCount;
  }

  /** Where the arguments begin in the request's memory. */
  int offset() {
    return offset;
  }

  /**
   * Checks what the header says about the length and leaves the extensions behind the arguments
   * out.
   */
  void checkLength() {
    int claimed = memory.get(JAVA_INT_UNALIGNED, requestOffset + Wire.IN_LEN);
    int units =
        Short.toUnsignedInt(memory.get(JAVA_SHORT_UNALIGNED, requestOffset + Wire.IN_EXTENSIONS));
    int extensions = units * Wire.EXTENSION_UNIT;
    if (claimed != end - requestOffset) {
      throw new MalformedRequestException("length");
    }
    if (extensions > size()) {
      throw new MalformedRequestException("extensions");
    }
    end -= extensions;
  }

  /** Bytes of all arguments. */
  int size() {
    return end - offset;
  }

  /** Makes sure that a structure of this size was received. */
  void require(int structureSize) {
    if (size() < structureSize) {
      throw new MalformedRequestException("arguments");
    }
  }

  /** Makes sure that so many bytes from {@code at} on were received. */
  void requireWithin(int at, int byteCount) {
    if (byteCount < 0 || byteCount > size() - at) {
      throw new MalformedRequestException("data");
    }
  }

  /** A field, within what {@link #require} made sure of. */
  int intAt(int at) {
    return memory.get(JAVA_INT_UNALIGNED, offset + at);
  }

  /** A field, within what {@link #require} made sure of. */
  long longAt(int at) {
    return memory.get(JAVA_LONG_UNALIGNED, offset + at);
  }

  /** The bytes from {@code at} up to the next zero, which must have been received; at least one. */
  byte[] stringAt(int at) {
    int from = offset + at;
    int to = from;
    while (to < end && memory.get(JAVA_BYTE, to) != 0) {
      to++;
    }
    if (to >= end || to == from) {
      throw new MalformedRequestException("string");
    }
    byte[] bytes = new byte[to - from];
    MemorySegment.copy(memory, JAVA_BYTE, from, bytes, 0, bytes.length);
    return bytes;
  }

  /** All arguments as one segment. */
  MemorySegment segment() {
    return memory.asSlice(offset, size());
  }
}
