package io.emberfs.fuse.dispatch;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes down every call with its arguments and answers with an empty success. */
final class RecordingFsHandler implements FsHandler {
  final List<String> calls = new ArrayList<>();

  private void note(Request request, Object... call) {
    StringBuilder line = new StringBuilder();
    for (Object part : call) {
      line.append(line.isEmpty() ? "" : " ");
      line.append(part instanceof byte[] b ? new String(b, StandardCharsets.UTF_8) : part);
    }
    calls.add(line.toString());
    request.reply(0);
  }

  private static String in(Request request) {
    return new String(request.in().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  @Override
  public void lookup(Request r, long parentId, byte[] name) {
    note(r, "lookup", parentId, name, r.uid(), r.gid(), r.pid());
  }

  @Override
  public void forget(long nodeId, long references) {
    calls.add("forget " + nodeId + " " + references);
  }

  @Override
  public void getAttributes(Request r, long nodeId, long handle) {
    note(r, "getattr", nodeId, handle);
  }

  @Override
  public void setAttributes(Request r, long nodeId, AttributeChange c, long size, boolean kill) {
    note(
        r,
        "setattr",
        nodeId,
        c.mode(),
        c.uid(),
        c.gid(),
        c.atimeNanos(),
        c.mtimeNanos(),
        size,
        kill);
  }

  @Override
  public void readLink(Request r, long nodeId) {
    note(r, "readlink", nodeId);
  }

  @Override
  public void makeNode(Request r, long parentId, byte[] name, int mode, int rdev) {
    note(r, "mknod", parentId, name, mode, rdev, r.umask());
  }

  @Override
  public void makeDirectory(Request r, long parentId, byte[] name, int mode) {
    note(r, "mkdir", parentId, name, mode, r.umask());
  }

  @Override
  public void unlink(Request r, long parentId, byte[] name) {
    note(r, "unlink", parentId, name);
  }

  @Override
  public void removeDirectory(Request r, long parentId, byte[] name) {
    note(r, "rmdir", parentId, name);
  }

  @Override
  public void symbolicLink(Request r, long parentId, byte[] name, byte[] target) {
    note(r, "symlink", parentId, name, target);
  }

  @Override
  public void rename(
      Request r, long parentId, byte[] name, long newParentId, byte[] newName, int flags) {
    note(r, "rename", parentId, name, newParentId, newName, flags);
  }

  @Override
  public void link(Request r, long nodeId, long newParentId, byte[] newName) {
    note(r, "link", nodeId, newParentId, newName);
  }

  @Override
  public void open(Request r, long nodeId, int flags) {
    note(r, "open", nodeId, flags);
  }

  @Override
  public void create(Request r, long parentId, byte[] name, int flags, int mode) {
    note(r, "create", parentId, name, flags, mode, r.umask());
  }

  @Override
  public void createUnnamed(Request r, long parentId, int flags, int mode) {
    note(r, "tmpfile", parentId, flags, mode, r.umask());
  }

  @Override
  public void read(Request r, long nodeId, long handle, long offset, int length) {
    note(r, "read", nodeId, handle, offset, length);
  }

  @Override
  public void write(
      Request r, long nodeId, long handle, long offset, boolean kill, boolean fromPages) {
    note(r, "write", nodeId, handle, offset, kill, fromPages, in(r));
  }

  @Override
  public void flush(Request r, long nodeId, long handle) {
    note(r, "flush", nodeId, handle);
  }

  @Override
  public void release(Request r, long nodeId, long handle) {
    note(r, "release", nodeId, handle);
  }

  @Override
  public void sync(Request r, long nodeId, long handle, boolean dataOnly) {
    note(r, "fsync", nodeId, handle, dataOnly);
  }

  @Override
  public void openDirectory(Request r, long nodeId, int flags) {
    note(r, "opendir", nodeId, flags);
  }

  @Override
  public void readDirectory(Request r, long nodeId, long handle, long cookie, boolean plus) {
    note(r, "readdir", nodeId, handle, cookie, plus);
  }

  @Override
  public void releaseDirectory(Request r, long nodeId, long handle) {
    note(r, "releasedir", nodeId, handle);
  }

  @Override
  public void syncDirectory(Request r, long nodeId, long handle, boolean dataOnly) {
    note(r, "fsyncdir", nodeId, handle, dataOnly);
  }

  @Override
  public void statistics(Request r, long nodeId) {
    note(r, "statfs", nodeId);
  }

  @Override
  public void getExtendedAttribute(Request r, long nodeId, byte[] name, int sizeMax) {
    note(r, "getxattr", nodeId, name, sizeMax);
  }

  @Override
  public void setExtendedAttribute(
      Request r, long nodeId, byte[] name, int flags, boolean killSetGid) {
    note(r, "setxattr", nodeId, name, flags, killSetGid, in(r));
  }

  @Override
  public void listExtendedAttributes(Request r, long nodeId, int sizeMax) {
    note(r, "listxattr", nodeId, sizeMax);
  }

  @Override
  public void removeExtendedAttribute(Request r, long nodeId, byte[] name) {
    note(r, "removexattr", nodeId, name);
  }

  @Override
  public void allocate(Request r, long nodeId, long handle, int mode, long offset, long length) {
    note(r, "fallocate", nodeId, handle, mode, offset, length);
  }

  @Override
  public void seek(Request r, long nodeId, long handle, long offset, int whence) {
    note(r, "lseek", nodeId, handle, offset, whence);
  }

  @Override
  public void copyRange(
      Request r,
      long nodeId,
      long handle,
      long offset,
      long targetNodeId,
      long targetHandle,
      long targetOffset,
      long length) {
    note(r, "copy", nodeId, handle, offset, targetNodeId, targetHandle, targetOffset, length);
  }

  @Override
  public void access(Request r, long nodeId, int mask) {
    note(r, "access", nodeId, mask);
  }

  @Override
  public void syncAll(Request r, long nodeId) {
    note(r, "syncfs", nodeId);
  }
}
