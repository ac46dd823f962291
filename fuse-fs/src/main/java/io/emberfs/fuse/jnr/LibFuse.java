package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import jnr.ffi.provider.jffi.ClosureHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import ru.serce.jnrfuse.FuseStubFS;

/**
 * libfuse 2 as jnr-fuse loads and runs it, with functions of our own in its table of operations:
 * jnr-fuse's decode every path, also of reads and writes, and lose bytes that are no text.
 *
 * <p>No throwable may leave a function of the table; {@link Calls} sees to that, and {@link
 * #onInit} for the one that it does not run.
 */
final class LibFuse extends FuseStubFS {
  private static final Logger LOG = LoggerFactory.getLogger(LibFuse.class);
  private static final String LIBRARY = "libfuse.so.2";

  /** Places in struct fuse_operations of libfuse 2.9, in pointers. */
  private static final int FLAGS_PLACE = 38;

  /** An operation on what is open is called without a path; times may be left as they are. */
  private static final int NULL_PATH_OK = 1;

  private static final int NO_PATH = 1 << 1;
  private static final int UTIME_OMIT_OK = 1 << 2;

  private final Closures.Library library;
  private final Runtime runtime = Runtime.getSystemRuntime();
  private final Pointer table;

  /** jnr-ffi frees the C side of a function when its Java side is collected. */
  private final List<Object> functions = new ArrayList<>();

  private volatile @Nullable Filler filler;

  private record Filler(long address, Closures.Fill function) {}

  /**
   * Loads libfuse.
   *
   * @throws UnsatisfiedLinkError if it is not there
   */
  LibFuse() {
    library = LibraryLoader.create(Closures.Library.class).failImmediately().load(LIBRARY);
    // The structure's own memory may lie in the heap, where it has no address.
    table = runtime.getMemoryManager().allocateDirect(Struct.size(fuseOperations), true);
  }

  /** On whose behalf libfuse called the present thread. */
  Caller caller() {
    return Structures.caller(library.fuse_get_context());
  }

  /**
   * Puts the functions into the table, once, before {@link #run}.
   *
   * @param onInit called with the address of a struct fuse_conn_info when the mount stands
   */
  void serve(Adapter adapter, LongConsumer onInit) {
    PathCalls paths = adapter.paths();
    AttributeCalls attributes = adapter.attributes();
    HandleCalls handles = adapter.handles();
    put(0, Closures.Two.class, paths::getAttributes);
    put(1, Closures.Three.class, paths::readLink);
    put(3, Closures.Three.class, paths::makeNode);
    put(4, Closures.Two.class, paths::makeDirectory);
    put(5, Closures.One.class, paths::unlink);
    put(6, Closures.One.class, paths::removeDirectory);
    put(7, Closures.Two.class, paths::symbolicLink);
    put(8, Closures.Two.class, paths::rename);
    put(9, Closures.Two.class, paths::link);
    put(10, Closures.Two.class, attributes::changeMode);
    put(11, Closures.Three.class, attributes::changeOwner);
    put(12, Closures.Two.class, attributes::truncate);
    put(14, Closures.Two.class, handles::open);
    put(15, Closures.Five.class, (_, to, size, at, file) -> handles.read(to, size, at, file));
    put(16, Closures.Five.class, (_, from, size, at, file) -> handles.write(from, size, at, file));
    put(17, Closures.Two.class, attributes::statistics);
    put(18, Closures.Two.class, (_, file) -> handles.flush(file));
    put(19, Closures.Two.class, (_, file) -> handles.release(file));
    put(20, Closures.Three.class, (_, dataOnly, file) -> handles.sync(dataOnly, file));
    put(21, Closures.Five.class, attributes::setExtendedAttribute);
    put(22, Closures.Four.class, attributes::getExtendedAttribute);
    put(23, Closures.Three.class, attributes::listExtendedAttributes);
    put(24, Closures.Two.class, attributes::removeExtendedAttribute);
    put(25, Closures.Two.class, handles::openDirectory);
    put(
        26,
        Closures.Five.class,
        (_, buffer, fill, at, file) -> readDirectory(handles, buffer, fill, at, file));
    put(27, Closures.Two.class, (_, file) -> handles.release(file));
    put(28, Closures.Three.class, (_, dataOnly, file) -> handles.syncDirectory(dataOnly, file));
    put(
        29,
        Closures.Init.class,
        connection -> {
          onInit.accept(connection);
          return 0;
        });
    put(32, Closures.Three.class, handles::create);
    put(33, Closures.Three.class, (_, size, file) -> handles.truncate(size, file));
    put(34, Closures.Three.class, (_, stat, file) -> handles.getAttributes(stat, file));
    put(36, Closures.Two.class, attributes::changeTimes);
    table.putInt((long) FLAGS_PLACE * Long.BYTES, NULL_PATH_OK | NO_PATH | UTIME_OMIT_OK);
    put(
        44,
        Closures.Five.class,
        (_, mode, at, length, file) -> handles.allocate(mode, at, length, file));
  }

  private <T> void put(int place, Class<T> shape, T function) {
    functions.add(function);
    table.putPointer(
        (long) place * Long.BYTES, runtime.getClosureManager().getClosurePointer(shape, function));
  }

  /**
   * Mounts and serves until the connection ends, on the calling thread and others. They are Java's:
   * a thread of libfuse's own would be made known to Java for each call and forgotten after it.
   *
   * @param options as on libfuse's command line
   * @throws BackingException if it cannot be mounted; libfuse has written why to standard error
   */
  void run(Path mountPoint, List<String> options, int threadCount) {
    List<String> arguments = new ArrayList<>(List.of(getFSName(), "-f", mountPoint.toString()));
    arguments.addAll(options);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment pointers = arena.allocate((arguments.size() + 1L) * Long.BYTES, Long.BYTES);
      for (int i = 0; i < arguments.size(); i++) {
        pointers.setAtIndex(JAVA_LONG, i, arena.allocateFrom(arguments.get(i)).address());
      }
      MemorySegment mountPointAt = arena.allocate(JAVA_LONG);
      long fuse =
          library.fuse_setup(
              arguments.size(),
              pointers.address(),
              table.address(),
              Struct.size(fuseOperations),
              mountPointAt.address(),
              arena.allocate(JAVA_LONG).address(),
              0);
      if (fuse == 0) {
        throw new BackingException(Errno.EIO, "fuse_setup", mountPoint.toString());
      }
      serve(library.fuse_get_session(fuse), threadCount);
      library.fuse_teardown(fuse, mountPointAt.get(JAVA_LONG, 0));
    }
  }

  private void serve(long session, int threadCount) {
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threadCount; i++) {
      others.add(
          Thread.ofPlatform().name("emberfs-jnr-" + i).daemon(true).start(() -> loop(session)));
    }
    loop(session);
    // What they serve is freed next.
    for (Thread other : others) {
      joinUninterruptibly(other);
    }
  }

  private void loop(long session) {
    int result = library.fuse_session_loop(session);
    if (result != 0) {
      LOG.error("a loop of libfuse ended early, with {}", result);
    }
  }

  static void joinUninterruptibly(Thread thread) {
    boolean isInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** jnr-fuse calls this when Java ends; the mount is not its to unmount. */
  @Override
  public void umount() {}

  /** The name of the program in what libfuse has to say. */
  @Override
  protected String getFSName() {
    return "emberfs";
  }

  private int readDirectory(
      HandleCalls handles, long buffer, long fillAddress, long cookie, long fileInfo) {
    try (Arena arena = Arena.ofShared()) {
      Closures.Fill fill = filler(fillAddress);
      MemorySegment stat = arena.allocate(Structures.STAT_SIZE, Long.BYTES);
      MemorySegment text = arena.allocate(Structures.NAME_BYTES_MAX + 1L);
      return handles.readDirectory(
          (name, inode, type, nextCookie) -> {
            Structures.putEntry(stat, inode, type);
            Structures.putString(text, name);
            return fill.call(buffer, text.address(), stat.address(), nextCookie) == 0;
          },
          cookie,
          fileInfo);
    }
  }

  /** It is the same one for every directory, but nobody promised that. */
  private Closures.Fill filler(long address) {
    Filler known = filler;
    if (known == null || known.address() != address) {
      ClosureHelper helper = ClosureHelper.getInstance();
      known =
          new Filler(
              address,
              helper
                  .getNativeConveter(Closures.Fill.class)
                  .fromNative(Pointer.wrap(runtime, address), helper.getFromNativeContext()));
      filler = known;
    }
    return known.function();
  }
}
