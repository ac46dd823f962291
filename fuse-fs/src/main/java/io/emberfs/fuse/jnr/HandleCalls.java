package io.emberfs.fuse.jnr;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import io.emberfs.fuse.jnr.PathResolver.Found;
import io.emberfs.fuse.jnr.PathResolver.Place;
import io.emberfs.fuse.node.HandleTable;
import java.util.function.BiConsumer;

/**
 * The calls of libfuse that open something or mean it by its handle (struct fuse_operations of
 * libfuse 2.9): what is open is found by its handle alone, whatever its path has become. Arguments
 * and results as in {@link PathCalls}; {@code fileInfo} is the address of a struct fuse_file_info.
 *
 * <p>An open handle holds its node.
 */
final class HandleCalls {
  private static final int HANDLES_MAX = 1 << 20;
  private static final AttributeChange NO_CHANGE =
      new AttributeChange(null, null, null, null, null);

  private final FsHandler handler;
  private final Calls calls;
  private final PathResolver paths;
  private final NodeReferences references;
  private final HandleTable<Opened> opened = new HandleTable<>(HANDLES_MAX);

  HandleCalls(FsHandler handler, Calls calls, PathResolver paths, NodeReferences references) {
    this.handler = handler;
    this.calls = calls;
    this.paths = paths;
    this.references = references;
  }

  /**
   * Something open.
   *
   * @param node with one use
   * @param handle the handler's
   */
  private record Opened(HeldNode node, long handle, boolean isDirectory) {
    long nodeId() {
      return node.nodeId();
    }
  }

  int open(long path, long fileInfo) {
    return calls.run(caller -> {
      int flags = Structures.openFlags(fileInfo);
      try (Found found = paths.find(caller, Structures.names(path))) {
        long handle =
            calls.ask(caller, request -> handler.open(request, found.nodeId(), flags)).number();
        add(caller, fileInfo, found.node(), handle, false);
      }
      return 0;
    });
  }

  int create(long path, long mode, long fileInfo) {
    return calls.run(caller -> {
      int flags = Structures.openFlags(fileInfo);
      try (Place place = paths.place(caller, Structures.names(path))) {
        NameCache.Moment before = paths.now();
        JnrRequest answer =
            calls.ask(
                caller,
                request ->
                    handler.create(
                        request, place.parent().nodeId(), place.name(), flags, (int) mode));
        try (Found made = new Found(references.learn(answer.entry().nodeId()), references)) {
          paths.created(place.parent(), place.name(), made.node(), before);
          add(caller, fileInfo, made.node(), answer.number(), false);
        }
      }
      return 0;
    });
  }

  int openDirectory(long path, long fileInfo) {
    return calls.run(caller -> {
      int flags = Structures.openFlags(fileInfo);
      try (Found found = paths.find(caller, Structures.names(path))) {
        long handle =
            calls
                .ask(caller, request -> handler.openDirectory(request, found.nodeId(), flags))
                .number();
        add(caller, fileInfo, found.node(), handle, true);
      }
      return 0;
    });
  }

  /** The bytes go into libfuse's buffer, without a copy on the way. */
  int read(long buffer, long size, long offset, long fileInfo) {
    return calls.run(caller -> {
      Opened file = require(fileInfo);
      return calls
          .askInto(
              caller,
              Structures.at(buffer, size),
              request -> handler.read(request, file.nodeId(), file.handle(), offset, (int) size))
          .number();
    });
  }

  /** The bytes come from libfuse's buffer. */
  int write(long buffer, long size, long offset, long fileInfo) {
    return calls.run(caller -> {
      Opened file = require(fileInfo);
      return calls
          .askWith(
              caller,
              Structures.at(buffer, size),
              request -> handler.write(request, file.nodeId(), file.handle(), offset, false, false))
          .number();
    });
  }

  int flush(long fileInfo) {
    return onHandle(
        fileInfo, (request, file) -> handler.flush(request, file.nodeId(), file.handle()));
  }

  int sync(long dataOnly, long fileInfo) {
    return onHandle(
        fileInfo,
        (request, file) ->
            handler.sync(request, file.nodeId(), file.handle(), (int) dataOnly != 0));
  }

  int syncDirectory(long dataOnly, long fileInfo) {
    return onHandle(
        fileInfo,
        (request, directory) ->
            handler.syncDirectory(
                request, directory.nodeId(), directory.handle(), (int) dataOnly != 0));
  }

  int allocate(long mode, long offset, long length, long fileInfo) {
    return onHandle(
        fileInfo,
        (request, file) ->
            handler.allocate(request, file.nodeId(), file.handle(), (int) mode, offset, length));
  }

  int truncate(long size, long fileInfo) {
    return size < 0
        ? -Errno.EINVAL
        : onHandle(
            fileInfo,
            (request, file) ->
                handler.setAttributes(request, file.nodeId(), NO_CHANGE, size, false));
  }

  int getAttributes(long stat, long fileInfo) {
    return calls.run(caller -> {
      Opened file = require(fileInfo);
      Structures.putStat(
          stat,
          calls
              .ask(caller, request -> handler.getAttributes(request, file.nodeId(), file.handle()))
              .attributes());
      return 0;
    });
  }

  /** Entries from a cookie, as many as there is room for. */
  int readDirectory(JnrRequest.DirectorySink sink, long cookie, long fileInfo) {
    return calls.run(caller -> {
      Opened directory = require(fileInfo);
      calls.askEntries(
          caller,
          sink,
          request ->
              handler.readDirectory(
                  request, directory.nodeId(), directory.handle(), cookie, false));
      return 0;
    });
  }

  /** Of files and directories. */
  int release(long fileInfo) {
    return calls.run(caller -> {
      Opened file = opened.remove(Structures.handle(fileInfo));
      if (file == null) {
        throw new BackingException(Errno.EBADF, "release", "a handle");
      }
      release(caller, file);
      return 0;
    });
  }

  /** Releases what the kernel left open when the connection ended. */
  void releaseAll() {
    Caller nobody = new Caller(0, 0, 0, 0);
    opened.removeAll(file -> {
      try {
        release(nobody, file);
      } catch (BackingException _) {
        // Nobody is left to hear of it.
      }
    });
  }

  /** What is open. */
  int count() {
    return opened.count();
  }

  private int onHandle(long fileInfo, BiConsumer<Request, Opened> question) {
    return calls.run(caller -> {
      Opened file = require(fileInfo);
      calls.ask(caller, request -> question.accept(request, file));
      return 0;
    });
  }

  private Opened require(long fileInfo) {
    Opened file = opened.get(Structures.handle(fileInfo));
    if (file == null) {
      throw new BackingException(Errno.EBADF, "use", "a handle");
    }
    return file;
  }

  /** Gives out a handle; the handler's is closed again if there is none left. */
  private void add(Caller caller, long fileInfo, HeldNode node, long handle, boolean isDirectory) {
    references.retain(node);
    Opened file = new Opened(node, handle, isDirectory);
    long given = opened.add(file);
    if (given == 0) {
      release(caller, file);
      throw new BackingException(Errno.EMFILE, "open", "one more");
    }
    Structures.putHandle(fileInfo, given);
  }

  private void release(Caller caller, Opened file) {
    try {
      calls.ask(
          caller,
          request -> {
            if (file.isDirectory()) {
              handler.releaseDirectory(request, file.nodeId(), file.handle());
            } else {
              handler.release(request, file.nodeId(), file.handle());
            }
          });
    } finally {
      references.release(file.node());
    }
  }
}
