package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.Caller;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Meters;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.testkit.FakeClock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Calls an adapter as libfuse does: with addresses of memory. */
final class CallsFromC {
  static final long NAME_NANOS = 500;
  static final Caller CALLER = new Caller(7, 8, 9, 022);

  private final Arena arena = Arena.ofAuto();
  final FakeClock clock = new FakeClock();
  final Meters meters = new Meters();
  final Adapter adapter;
  final MemorySegment stat = arena.allocate(Structures.STAT_SIZE, 8);
  final MemorySegment buffer = arena.allocate(4096, 8);

  CallsFromC(FsHandler handler) {
    this(handler, NAME_NANOS);
  }

  CallsFromC(FsHandler handler, long nameNanos) {
    adapter = Adapter.of(handler, () -> CALLER, nameNanos, clock, RequestMeters.of(meters));
  }

  /** A string of one character a byte. */
  long string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    MemorySegment memory = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
    return memory.address();
  }

  /** A struct fuse_file_info. */
  long fileInfo(int flags) {
    MemorySegment memory = arena.allocate(Structures.FILE_INFO_SIZE, 8);
    memory.set(JAVA_INT, 0, flags);
    return memory.address();
  }

  /** Two struct timespec. */
  long times(long... secondsAndNanos) {
    return arena.allocateFrom(JAVA_LONG, secondsAndNanos).address();
  }

  /** The inode number that getattr tells, or the negated errno. */
  long inode(String path) {
    int result = adapter.paths().getAttributes(string(path), stat.address());
    return result == 0 ? stat.get(JAVA_LONG, 8) : result;
  }

  /** Opens, reads, releases; what was read. */
  String content(String path) {
    long file = fileInfo(0);
    int opened = adapter.handles().open(string(path), file);
    if (opened != 0) {
      return "errno " + -opened;
    }
    String read = read(file);
    adapter.handles().release(file);
    return read;
  }

  String read(long file) {
    int count = adapter.handles().read(buffer.address(), 4096, 0, file);
    return count < 0
        ? "errno " + -count
        : new String(buffer.asSlice(0, count).toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
  }

  int write(long file, String text, long offset) {
    return adapter.handles().write(string(text), text.length(), offset, file);
  }

  long count(String meter) {
    return meters.counter(meter).value();
  }
}
