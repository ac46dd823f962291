package io.emberfs.fuse.dispatch;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;

/**
 * Decodes requests and calls the handler. The kernel is trusted for meaning, not for bounds: every
 * size and name is checked against the bytes received. This is the outermost catch of a request:
 * nothing thrown leaves {@link #dispatch}.
 *
 * <p>Any thread, one request each.
 */
public final class Dispatcher {
  /** More is copied in several requests; the reply has 32 bits for the count. */
  private static final long COPY_BYTES_MAX = 1L << 30;

  private final FsHandler handler;
  private final EntryRequests entries;
  private final RequestMeters meters;

  public Dispatcher(FsHandler handler, RequestMeters meters) {
    this.handler = handler;
    this.entries = new EntryRequests(handler);
    this.meters = meters;
  }

  /**
   * Serves one request.
   *
   * @param descriptor where it came from and where its answer must go
   * @param byteCount bytes received into the request's memory
   * @return whether the request's memory is free; if not, it is with somebody who will answer later
   */
  public boolean dispatch(WireRequest request, int descriptor, int byteCount) {
    if (!request.begin(descriptor, byteCount)) {
      meters.malformed().increment();
      return true;
    }
    try {
      request.checkLength();
      switch (request.opcode()) {
        case Opcode.READ -> read(request);
        case Opcode.WRITE -> write(request);
        default -> other(request);
      }
    } catch (MalformedRequestException _) {
      meters.malformed().increment();
      request.error(Errno.EINVAL);
    } catch (BackingException refused) {
      request.error(refused.errno());
    } catch (Throwable thrown) {
      meters.handlerErrors().increment();
      request.error(Errno.EIO);
    }
    return request.endReceiving();
  }

  private void read(WireRequest request) {
    request.arguments().require(Wire.READ_SIZE);
    int length = request.arguments().intAt(Wire.READ_LENGTH);
    long offset = request.arguments().longAt(Wire.READ_OFFSET);
    if (length < 0 || length > request.out().byteSize() || offset < 0) {
      throw new MalformedRequestException("READ");
    }
    request.setAnswerSizeMax(length);
    request.setFileFlags(request.arguments().intAt(Wire.READ_FILE_FLAGS));
    handler.read(
        request, request.nodeId(), request.arguments().longAt(Wire.READ_HANDLE), offset, length);
  }

  private void write(WireRequest request) {
    request.arguments().require(Wire.WRITE_SIZE);
    request.setIn(Wire.WRITE_SIZE, request.arguments().intAt(Wire.WRITE_LENGTH));
    long offset = request.arguments().longAt(Wire.WRITE_OFFSET);
    if (offset < 0) {
      throw new MalformedRequestException("WRITE");
    }
    request.setFileFlags(request.arguments().intAt(Wire.WRITE_FILE_FLAGS));
    handler.write(
        request,
        request.nodeId(),
        request.arguments().longAt(Wire.WRITE_HANDLE),
        offset,
        (request.arguments().intAt(Wire.WRITE_FLAGS) & Wire.WRITE_KILL_SET_ID) != 0,
        (request.arguments().intAt(Wire.WRITE_FLAGS) & Wire.WRITE_FROM_PAGES) != 0);
  }

  private void other(WireRequest request) {
    long nodeId = request.nodeId();
    switch (request.opcode()) {
      // Begins as GETATTR does; what it asks for is answered in full.
      case Opcode.GETATTR, Opcode.STATX -> getAttributes(request);
      case Opcode.SETATTR -> SetAttributesRequest.dispatch(request, handler);
      case Opcode.FORGET -> forget(request);
      case Opcode.BATCH_FORGET -> forgetBatch(request);
      case Opcode.READLINK -> handler.readLink(request, nodeId);
      case Opcode.OPEN -> {
        request.arguments().require(Wire.OPEN_IN_SIZE);
        handler.open(request, nodeId, request.arguments().intAt(0));
      }
      case Opcode.OPENDIR -> {
        request.arguments().require(Wire.OPEN_IN_SIZE);
        handler.openDirectory(request, nodeId, request.arguments().intAt(0));
      }
      case Opcode.RELEASE -> handler.release(request, nodeId, handle(request, Wire.RELEASE_SIZE));
      case Opcode.RELEASEDIR ->
          handler.releaseDirectory(request, nodeId, handle(request, Wire.RELEASE_SIZE));
      case Opcode.FLUSH -> handler.flush(request, nodeId, handle(request, Wire.FLUSH_SIZE));
      case Opcode.FSYNC ->
          handler.sync(request, nodeId, handle(request, Wire.FSYNC_SIZE), isDataOnly(request));
      case Opcode.FSYNCDIR ->
          handler.syncDirectory(
              request, nodeId, handle(request, Wire.FSYNC_SIZE), isDataOnly(request));
      case Opcode.READDIR -> readDirectory(request, false);
      case Opcode.READDIRPLUS -> readDirectory(request, true);
      case Opcode.STATFS -> handler.statistics(request, nodeId);
      case Opcode.ACCESS -> {
        request.arguments().require(Wire.ACCESS_SIZE);
        handler.access(request, nodeId, request.arguments().intAt(Wire.ACCESS_MASK));
      }
      case Opcode.GETXATTR -> getExtendedAttribute(request);
      case Opcode.SETXATTR -> setExtendedAttribute(request);
      case Opcode.LISTXATTR -> {
        int sizeMax = extendedAttributeSizeMax(request);
        handler.listExtendedAttributes(request, nodeId, sizeMax);
      }
      case Opcode.REMOVEXATTR ->
          handler.removeExtendedAttribute(request, nodeId, request.arguments().stringAt(0));
      case Opcode.FALLOCATE -> allocate(request);
      case Opcode.LSEEK -> seek(request);
      case Opcode.COPY_FILE_RANGE, Opcode.COPY_FILE_RANGE_64 -> copyRange(request);
      case Opcode.SYNCFS -> handler.syncAll(request, nodeId);
      case Opcode.INTERRUPT -> {
        // The interrupted request is answered as if nothing had happened.
      }
      case Opcode.DESTROY -> request.reply(0);
      default -> {
        if (!entries.dispatch(request)) {
          meters.unknownOpcodes().increment();
          request.error(Errno.ENOSYS);
        }
      }
    }
  }

  private void getAttributes(WireRequest request) {
    request.arguments().require(Wire.GETATTR_SIZE);
    boolean hasHandle =
        (request.arguments().intAt(Wire.GETATTR_FLAGS) & Wire.GETATTR_HAS_HANDLE) != 0;
    handler.getAttributes(
        request, request.nodeId(), hasHandle ? request.arguments().longAt(Wire.GETATTR_HANDLE) : 0);
  }

  private void forget(WireRequest request) {
    request.arguments().require(Wire.FORGET_SIZE);
    handler.forget(request.nodeId(), request.arguments().longAt(Wire.FORGET_COUNT));
  }

  private void forgetBatch(WireRequest request) {
    request.arguments().require(Wire.BATCH_SIZE);
    long count = Integer.toUnsignedLong(request.arguments().intAt(Wire.BATCH_COUNT));
    if (count > (request.arguments().size() - Wire.BATCH_SIZE) / Wire.BATCH_ONE_SIZE) {
      throw new MalformedRequestException("BATCH_FORGET");
    }
    for (int i = 0; i < count; i++) {
      int at = Wire.BATCH_SIZE + i * Wire.BATCH_ONE_SIZE;
      handler.forget(
          request.arguments().longAt(at), request.arguments().longAt(at + Wire.BATCH_ONE_COUNT));
    }
  }

  private void readDirectory(WireRequest request, boolean plus) {
    request.arguments().require(Wire.READ_SIZE);
    request.setAnswerSizeMax(request.arguments().intAt(Wire.READ_LENGTH));
    handler.readDirectory(
        request,
        request.nodeId(),
        request.arguments().longAt(Wire.READ_HANDLE),
        request.arguments().longAt(Wire.READ_OFFSET),
        plus);
  }

  private void getExtendedAttribute(WireRequest request) {
    int sizeMax = extendedAttributeSizeMax(request);
    byte[] name = request.arguments().stringAt(Wire.GETXATTR_SIZE);
    handler.getExtendedAttribute(request, request.nodeId(), name, sizeMax);
  }

  private void setExtendedAttribute(WireRequest request) {
    request.arguments().require(Wire.SETXATTR_SIZE);
    int size = request.arguments().intAt(Wire.SETXATTR_LENGTH);
    int flags = request.arguments().intAt(Wire.SETXATTR_FLAGS);
    // A kernel with SETXATTR_EXT sends more flags before the name, another one the name at once.
    // The
    // upper flags are zero, and no name begins with what the lower ones can be.
    int moreFlags = request.arguments().intAt(Wire.SETXATTR_MORE_FLAGS);
    boolean isShort = (moreFlags & ~Wire.SETXATTR_KILL_SET_GID) != 0;
    int nameAt = isShort ? Wire.SETXATTR_SHORT_SIZE : Wire.SETXATTR_SIZE;
    byte[] name = request.arguments().stringAt(nameAt);
    request.setIn(nameAt + name.length + 1, size);
    handler.setExtendedAttribute(
        request,
        request.nodeId(),
        name,
        flags,
        !isShort && (moreFlags & Wire.SETXATTR_KILL_SET_GID) != 0);
  }

  private void allocate(WireRequest request) {
    request.arguments().require(Wire.FALLOCATE_SIZE);
    handler.allocate(
        request,
        request.nodeId(),
        request.arguments().longAt(Wire.FALLOCATE_HANDLE),
        request.arguments().intAt(Wire.FALLOCATE_MODE),
        request.arguments().longAt(Wire.FALLOCATE_OFFSET),
        request.arguments().longAt(Wire.FALLOCATE_LENGTH));
  }

  private void seek(WireRequest request) {
    request.arguments().require(Wire.LSEEK_SIZE);
    handler.seek(
        request,
        request.nodeId(),
        request.arguments().longAt(Wire.LSEEK_HANDLE),
        request.arguments().longAt(Wire.LSEEK_OFFSET),
        request.arguments().intAt(Wire.LSEEK_WHENCE));
  }

  private void copyRange(WireRequest request) {
    request.arguments().require(Wire.COPY_SIZE);
    long length = request.arguments().longAt(Wire.COPY_LENGTH);
    if (length < 0) {
      throw new MalformedRequestException("COPY_FILE_RANGE");
    }
    handler.copyRange(
        request,
        request.nodeId(),
        request.arguments().longAt(Wire.COPY_HANDLE),
        request.arguments().longAt(Wire.COPY_OFFSET),
        request.arguments().longAt(Wire.COPY_TARGET_NODE),
        request.arguments().longAt(Wire.COPY_TARGET_HANDLE),
        request.arguments().longAt(Wire.COPY_TARGET_OFFSET),
        Math.min(length, COPY_BYTES_MAX));
  }

  private static long handle(WireRequest request, int structureSize) {
    request.arguments().require(structureSize);
    return request.arguments().longAt(Wire.HANDLE);
  }

  private static boolean isDataOnly(WireRequest request) {
    return (request.arguments().intAt(Wire.FSYNC_FLAGS) & Wire.FSYNC_DATA_ONLY) != 0;
  }

  private static int extendedAttributeSizeMax(WireRequest request) {
    request.arguments().require(Wire.GETXATTR_SIZE);
    int sizeMax = request.arguments().intAt(Wire.GETXATTR_LENGTH);
    request.setAnswerSizeMax(sizeMax);
    return sizeMax;
  }
}
