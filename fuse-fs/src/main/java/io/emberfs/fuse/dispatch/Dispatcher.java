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
    request.requireArguments(Wire.READ_SIZE);
    int length = request.argumentInt(Wire.READ_LENGTH);
    long offset = request.argumentLong(Wire.READ_OFFSET);
    if (length < 0 || length > request.out().byteSize() || offset < 0) {
      throw new MalformedRequestException("READ");
    }
    request.setAnswerSizeMax(length);
    handler.read(request, request.nodeId(), request.argumentLong(Wire.READ_HANDLE), offset, length);
  }

  private void write(WireRequest request) {
    request.requireArguments(Wire.WRITE_SIZE);
    request.setIn(Wire.WRITE_SIZE, request.argumentInt(Wire.WRITE_LENGTH));
    long offset = request.argumentLong(Wire.WRITE_OFFSET);
    if (offset < 0) {
      throw new MalformedRequestException("WRITE");
    }
    handler.write(
        request,
        request.nodeId(),
        request.argumentLong(Wire.WRITE_HANDLE),
        offset,
        (request.argumentInt(Wire.WRITE_FLAGS) & Wire.WRITE_KILL_SET_ID) != 0);
  }

  private void other(WireRequest request) {
    long nodeId = request.nodeId();
    switch (request.opcode()) {
      case Opcode.GETATTR -> getAttributes(request);
      case Opcode.SETATTR -> SetAttributesRequest.dispatch(request, handler);
      case Opcode.FORGET -> forget(request);
      case Opcode.BATCH_FORGET -> forgetBatch(request);
      case Opcode.READLINK -> handler.readLink(request, nodeId);
      case Opcode.OPEN -> {
        request.requireArguments(Wire.OPEN_IN_SIZE);
        handler.open(request, nodeId, request.argumentInt(0));
      }
      case Opcode.OPENDIR -> {
        request.requireArguments(Wire.OPEN_IN_SIZE);
        handler.openDirectory(request, nodeId, request.argumentInt(0));
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
        request.requireArguments(Wire.ACCESS_SIZE);
        handler.access(request, nodeId, request.argumentInt(Wire.ACCESS_MASK));
      }
      case Opcode.GETXATTR -> getExtendedAttribute(request);
      case Opcode.SETXATTR -> setExtendedAttribute(request);
      case Opcode.LISTXATTR -> {
        int sizeMax = extendedAttributeSizeMax(request);
        handler.listExtendedAttributes(request, nodeId, sizeMax);
      }
      case Opcode.REMOVEXATTR ->
          handler.removeExtendedAttribute(request, nodeId, request.argumentString(0));
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
    request.requireArguments(Wire.GETATTR_SIZE);
    boolean hasHandle = (request.argumentInt(Wire.GETATTR_FLAGS) & Wire.GETATTR_HAS_HANDLE) != 0;
    handler.getAttributes(
        request, request.nodeId(), hasHandle ? request.argumentLong(Wire.GETATTR_HANDLE) : 0);
  }

  private void forget(WireRequest request) {
    request.requireArguments(Wire.FORGET_SIZE);
    handler.forget(request.nodeId(), request.argumentLong(Wire.FORGET_COUNT));
  }

  private void forgetBatch(WireRequest request) {
    request.requireArguments(Wire.BATCH_SIZE);
    long count = Integer.toUnsignedLong(request.argumentInt(Wire.BATCH_COUNT));
    if (count > (request.argumentsSize() - Wire.BATCH_SIZE) / Wire.BATCH_ONE_SIZE) {
      throw new MalformedRequestException("BATCH_FORGET");
    }
    for (int i = 0; i < count; i++) {
      int at = Wire.BATCH_SIZE + i * Wire.BATCH_ONE_SIZE;
      handler.forget(request.argumentLong(at), request.argumentLong(at + Wire.BATCH_ONE_COUNT));
    }
  }

  private void readDirectory(WireRequest request, boolean plus) {
    request.requireArguments(Wire.READ_SIZE);
    request.setAnswerSizeMax(request.argumentInt(Wire.READ_LENGTH));
    handler.readDirectory(
        request,
        request.nodeId(),
        request.argumentLong(Wire.READ_HANDLE),
        request.argumentLong(Wire.READ_OFFSET),
        plus);
  }

  private void getExtendedAttribute(WireRequest request) {
    int sizeMax = extendedAttributeSizeMax(request);
    byte[] name = request.argumentString(Wire.GETXATTR_SIZE);
    handler.getExtendedAttribute(request, request.nodeId(), name, sizeMax);
  }

  private void setExtendedAttribute(WireRequest request) {
    request.requireArguments(Wire.SETXATTR_SIZE);
    int size = request.argumentInt(Wire.SETXATTR_LENGTH);
    int flags = request.argumentInt(Wire.SETXATTR_FLAGS);
    byte[] name = request.argumentString(Wire.SETXATTR_SIZE);
    request.setIn(Wire.SETXATTR_SIZE + name.length + 1, size);
    handler.setExtendedAttribute(request, request.nodeId(), name, flags);
  }

  private void allocate(WireRequest request) {
    request.requireArguments(Wire.FALLOCATE_SIZE);
    handler.allocate(
        request,
        request.nodeId(),
        request.argumentLong(Wire.FALLOCATE_HANDLE),
        request.argumentInt(Wire.FALLOCATE_MODE),
        request.argumentLong(Wire.FALLOCATE_OFFSET),
        request.argumentLong(Wire.FALLOCATE_LENGTH));
  }

  private void seek(WireRequest request) {
    request.requireArguments(Wire.LSEEK_SIZE);
    handler.seek(
        request,
        request.nodeId(),
        request.argumentLong(Wire.LSEEK_HANDLE),
        request.argumentLong(Wire.LSEEK_OFFSET),
        request.argumentInt(Wire.LSEEK_WHENCE));
  }

  private void copyRange(WireRequest request) {
    request.requireArguments(Wire.COPY_SIZE);
    long length = request.argumentLong(Wire.COPY_LENGTH);
    if (length < 0) {
      throw new MalformedRequestException("COPY_FILE_RANGE");
    }
    handler.copyRange(
        request,
        request.nodeId(),
        request.argumentLong(Wire.COPY_HANDLE),
        request.argumentLong(Wire.COPY_OFFSET),
        request.argumentLong(Wire.COPY_TARGET_NODE),
        request.argumentLong(Wire.COPY_TARGET_HANDLE),
        request.argumentLong(Wire.COPY_TARGET_OFFSET),
        Math.min(length, COPY_BYTES_MAX));
  }

  private static long handle(WireRequest request, int structureSize) {
    request.requireArguments(structureSize);
    return request.argumentLong(Wire.HANDLE);
  }

  private static boolean isDataOnly(WireRequest request) {
    return (request.argumentInt(Wire.FSYNC_FLAGS) & Wire.FSYNC_DATA_ONLY) != 0;
  }

  private static int extendedAttributeSizeMax(WireRequest request) {
    request.requireArguments(Wire.GETXATTR_SIZE);
    int sizeMax = request.argumentInt(Wire.GETXATTR_LENGTH);
    request.setAnswerSizeMax(sizeMax);
    return sizeMax;
  }
}
