package io.emberfs.fuse.dispatch;

import io.emberfs.core.FsHandler;

/**
 * Decodes the operations that mean an entry of a directory by name. A name that is empty, "." or
 * "..", or has a slash in it, is no entry and is refused here, for every handler.
 */
final class EntryRequests {
  private final FsHandler handler;

  EntryRequests(FsHandler handler) {
    this.handler = handler;
  }

  /** Serves the request if it is of this kind; returns whether it is. */
  boolean dispatch(WireRequest request) {
    long parentId = request.nodeId();
    switch (request.opcode()) {
      case Opcode.LOOKUP -> handler.lookup(request, parentId, entryName(request, 0));
      case Opcode.UNLINK -> handler.unlink(request, parentId, entryName(request, 0));
      case Opcode.RMDIR -> handler.removeDirectory(request, parentId, entryName(request, 0));
      case Opcode.CREATE -> create(request);
      case Opcode.MKNOD -> makeNode(request);
      case Opcode.TMPFILE -> createUnnamed(request);
      case Opcode.MKDIR -> makeDirectory(request);
      case Opcode.SYMLINK -> {
        byte[] name = entryName(request, 0);
        byte[] target = request.arguments().stringAt(name.length + 1);
        handler.symbolicLink(request, parentId, name, target);
      }
      case Opcode.LINK -> {
        request.arguments().require(Wire.LINK_SIZE);
        long nodeId = request.arguments().longAt(Wire.LINK_NODE);
        handler.link(request, nodeId, parentId, entryName(request, Wire.LINK_SIZE));
      }
      case Opcode.RENAME -> rename(request, Wire.RENAME_SIZE, 0);
      case Opcode.RENAME2 -> {
        request.arguments().require(Wire.RENAME2_SIZE);
        rename(request, Wire.RENAME2_SIZE, request.arguments().intAt(Wire.RENAME2_FLAGS));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void create(WireRequest request) {
    request.arguments().require(Wire.CREATE_SIZE);
    int flags = request.arguments().intAt(Wire.CREATE_FLAGS);
    int mode = request.arguments().intAt(Wire.CREATE_MODE);
    request.setUmask(request.arguments().intAt(Wire.CREATE_UMASK));
    handler.create(request, request.nodeId(), entryName(request, Wire.CREATE_SIZE), flags, mode);
  }

  /** The name that comes with it means nothing. */
  private void createUnnamed(WireRequest request) {
    request.arguments().require(Wire.CREATE_SIZE);
    int flags = request.arguments().intAt(Wire.CREATE_FLAGS);
    int mode = request.arguments().intAt(Wire.CREATE_MODE);
    request.setUmask(request.arguments().intAt(Wire.CREATE_UMASK));
    handler.createUnnamed(request, request.nodeId(), flags, mode);
  }

  private void makeNode(WireRequest request) {
    request.arguments().require(Wire.MKNOD_SIZE);
    int mode = request.arguments().intAt(Wire.MKNOD_MODE);
    int rdev = request.arguments().intAt(Wire.MKNOD_RDEV);
    request.setUmask(request.arguments().intAt(Wire.MKNOD_UMASK));
    handler.makeNode(request, request.nodeId(), entryName(request, Wire.MKNOD_SIZE), mode, rdev);
  }

  private void makeDirectory(WireRequest request) {
    request.arguments().require(Wire.MKDIR_SIZE);
    int mode = request.arguments().intAt(Wire.MKDIR_MODE);
    request.setUmask(request.arguments().intAt(Wire.MKDIR_UMASK));
    handler.makeDirectory(request, request.nodeId(), entryName(request, Wire.MKDIR_SIZE), mode);
  }

  private void rename(WireRequest request, int structureSize, int flags) {
    request.arguments().require(structureSize);
    long newParentId = request.arguments().longAt(Wire.RENAME_NEW_PARENT);
    byte[] name = entryName(request, structureSize);
    byte[] newName = entryName(request, structureSize + name.length + 1);
    handler.rename(request, request.nodeId(), name, newParentId, newName, flags);
  }

  private static byte[] entryName(WireRequest request, int at) {
    byte[] name = request.arguments().stringAt(at);
    boolean isDots = name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    if (isDots) {
      throw new MalformedRequestException("name");
    }
    for (byte b : name) {
      if (b == '/') {
        throw new MalformedRequestException("name");
      }
    }
    return name;
  }
}
