package io.emberfs.fuse.jnr;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.fuse.jnr.PathResolver.Found;
import java.util.function.Supplier;

/**
 * The calls of libfuse on attributes, plain and extended, and of the whole file system, by path.
 * Arguments and results as in {@link PathCalls}.
 */
final class AttributeCalls {
  private static final int PERMISSION_BITS = 07777;
  private static final int UNCHANGED_ID = -1;
  private static final long KEEP_SIZE = -1;
  private static final AttributeChange NO_CHANGE =
      new AttributeChange(null, null, null, null, null);

  private final FsHandler handler;
  private final Calls calls;
  private final PathResolver paths;

  AttributeCalls(FsHandler handler, Calls calls, PathResolver paths) {
    this.handler = handler;
    this.calls = calls;
    this.paths = paths;
  }

  int changeMode(long path, long mode) {
    int bits = (int) mode & PERMISSION_BITS;
    return change(path, () -> new AttributeChange(bits, null, null, null, null), KEEP_SIZE);
  }

  int changeOwner(long path, long uid, long gid) {
    return change(
        path,
        () ->
            new AttributeChange(
                null,
                (int) uid == UNCHANGED_ID ? null : (int) uid,
                (int) gid == UNCHANGED_ID ? null : (int) gid,
                null,
                null),
        KEEP_SIZE);
  }

  int truncate(long path, long size) {
    return size < 0 ? -Errno.EINVAL : change(path, () -> NO_CHANGE, size);
  }

  int changeTimes(long path, long times) {
    return change(path, () -> Structures.times(times), KEEP_SIZE);
  }

  private int change(long path, Supplier<AttributeChange> wanted, long newSize) {
    return calls.run(caller -> {
      AttributeChange change = wanted.get();
      try (Found found = find(caller, path)) {
        calls.ask(
            caller,
            request -> handler.setAttributes(request, found.nodeId(), change, newSize, false));
      }
      return 0;
    });
  }

  int statistics(long path, long statvfs) {
    return calls.run(caller -> {
      try (Found found = find(caller, path)) {
        Structures.putStatistics(
            statvfs,
            calls.ask(caller, request -> handler.statistics(request, found.nodeId())).statistics());
      }
      return 0;
    });
  }

  int setExtendedAttribute(long path, long name, long value, long size, long flags) {
    return calls.run(caller -> {
      try (Found found = find(caller, path)) {
        calls.askWith(
            caller,
            Structures.at(value, size),
            request ->
                handler.setExtendedAttribute(
                    request, found.nodeId(), Structures.string(name), (int) flags, false));
      }
      return 0;
    });
  }

  /** With a size of 0 the answer is the value's size. */
  int getExtendedAttribute(long path, long name, long value, long size) {
    return calls.run(caller -> {
      try (Found found = find(caller, path)) {
        return calls
            .askInto(
                caller,
                Structures.at(value, size),
                request ->
                    handler.getExtendedAttribute(
                        request, found.nodeId(), Structures.string(name), sizeMax(size)))
            .number();
      }
    });
  }

  /** With a size of 0 the answer is the list's size. */
  int listExtendedAttributes(long path, long list, long size) {
    return calls.run(caller -> {
      try (Found found = find(caller, path)) {
        return calls
            .askInto(
                caller,
                Structures.at(list, size),
                request -> handler.listExtendedAttributes(request, found.nodeId(), sizeMax(size)))
            .number();
      }
    });
  }

  int removeExtendedAttribute(long path, long name) {
    return calls.run(caller -> {
      try (Found found = find(caller, path)) {
        calls.ask(
            caller,
            request ->
                handler.removeExtendedAttribute(request, found.nodeId(), Structures.string(name)));
      }
      return 0;
    });
  }

  private Found find(Caller caller, long path) {
    return paths.find(caller, Structures.names(path));
  }

  private static int sizeMax(long size) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new BackingException(Errno.EINVAL, "answer", size + " bytes");
    }
    return (int) size;
  }
}
