package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.Attributes;
import io.emberfs.core.Caller;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import io.emberfs.fuse.jnr.PathResolver.Found;
import io.emberfs.fuse.jnr.PathResolver.Place;
import java.lang.foreign.MemorySegment;

/**
 * The calls of libfuse that find, make, name and remove something (struct fuse_operations of
 * libfuse 2.9), by path. Arguments are as in C, pointers as addresses; results are 0, a count, or a
 * negated errno.
 *
 * <p>Any thread. An address is the library's memory, valid during the call.
 */
final class PathCalls {
  private final FsHandler handler;
  private final Calls calls;
  private final PathResolver paths;
  private final NodeReferences references;

  PathCalls(FsHandler handler, Calls calls, PathResolver paths, NodeReferences references) {
    this.handler = handler;
    this.calls = calls;
    this.paths = paths;
    this.references = references;
  }

  /** libfuse asks this for LOOKUP and GETATTR, so the name is looked up even if it is known. */
  int getAttributes(long path, long stat) {
    return calls.run(caller -> {
      byte[][] names = Structures.names(path);
      Structures.putStat(stat, names.length == 0 ? rootAttributes(caller) : lookup(caller, names));
      return 0;
    });
  }

  private Attributes rootAttributes(Caller caller) {
    long nodeId = references.root().nodeId();
    return calls.ask(caller, request -> handler.getAttributes(request, nodeId, 0)).attributes();
  }

  private Attributes lookup(Caller caller, byte[][] names) {
    try (Place place = paths.place(caller, names)) {
      return paths.lookup(caller, place.parent(), place.name()).attributes();
    }
  }

  /** The target ends with a zero and must leave room for it. */
  int readLink(long path, long buffer, long size) {
    return calls.run(caller -> {
      MemorySegment out = Structures.at(buffer, size);
      try (Found found = find(caller, path)) {
        long length =
            calls
                .askInto(
                    caller,
                    out.asSlice(0, size - 1),
                    request -> handler.readLink(request, found.nodeId()))
                .number();
        out.set(JAVA_BYTE, length, (byte) 0);
      }
      return 0;
    });
  }

  int makeNode(long path, long mode, long rdev) {
    return make(
        path,
        (request, parentId, name) ->
            handler.makeNode(request, parentId, name, (int) mode, (int) rdev));
  }

  int makeDirectory(long path, long mode) {
    return make(
        path,
        (request, parentId, name) -> handler.makeDirectory(request, parentId, name, (int) mode));
  }

  int symbolicLink(long target, long path) {
    return make(
        path,
        (request, parentId, name) ->
            handler.symbolicLink(request, parentId, name, Structures.string(target)));
  }

  int link(long path, long newPath) {
    return calls.run(caller -> {
      try (Found found = find(caller, path);
          Place place = place(caller, newPath)) {
        make(
            caller,
            place,
            (request, parentId, name) -> handler.link(request, found.nodeId(), parentId, name));
      }
      return 0;
    });
  }

  /** Asks the handler for something with a new name. */
  private interface Making {
    void ask(Request request, long parentId, byte[] name);
  }

  private int make(long path, Making making) {
    return calls.run(caller -> {
      try (Place place = place(caller, path)) {
        make(caller, place, making);
      }
      return 0;
    });
  }

  private void make(Caller caller, Place place, Making making) {
    NameCache.Moment before = paths.now();
    Request.Entry entry =
        calls
            .ask(caller, request -> making.ask(request, place.parent().nodeId(), place.name()))
            .entry();
    HeldNode node = references.learn(entry.nodeId());
    try {
      paths.created(place.parent(), place.name(), node, before);
    } finally {
      references.release(node);
    }
  }

  int unlink(long path) {
    return remove(path, handler::unlink);
  }

  int removeDirectory(long path) {
    return remove(path, handler::removeDirectory);
  }

  private int remove(long path, Making removing) {
    return calls.run(caller -> {
      try (Place place = place(caller, path)) {
        try {
          calls.ask(
              caller, request -> removing.ask(request, place.parent().nodeId(), place.name()));
        } finally {
          // Also when it failed: it may have done its work all the same.
          paths.changed(place.parent(), place.name());
        }
      }
      return 0;
    });
  }

  int rename(long path, long newPath) {
    return calls.run(caller -> {
      try (Place place = place(caller, path);
          Place newPlace = place(caller, newPath)) {
        try {
          calls.ask(
              caller,
              request ->
                  handler.rename(
                      request,
                      place.parent().nodeId(),
                      place.name(),
                      newPlace.parent().nodeId(),
                      newPlace.name(),
                      0));
        } finally {
          paths.changed(place.parent(), place.name());
          paths.changed(newPlace.parent(), newPlace.name());
        }
      }
      return 0;
    });
  }

  private Found find(Caller caller, long path) {
    return paths.find(caller, Structures.names(path));
  }

  private Place place(Caller caller, long path) {
    return paths.place(caller, Structures.names(path));
  }
}
