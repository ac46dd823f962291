package io.emberfs.fuse.dispatch;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.FsHandler;
import org.jspecify.annotations.Nullable;

/**
 * Decodes SETATTR (struct fuse_setattr_in): only the fields that {@code valid} names mean anything.
 */
final class SetAttributesRequest {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Seconds beyond which nanoseconds since 1970 do not fit into 64 bits. */
  private static final long SECONDS_MAX = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

  private static final int PERMISSION_BITS = 07777;

  private SetAttributesRequest() {}

  static void dispatch(WireRequest request, FsHandler handler) {
    request.arguments().require(Wire.SETATTR_SIZE);
    int valid = request.arguments().intAt(Wire.SETATTR_VALID);
    long newSize = -1;
    if ((valid & Wire.FATTR_SIZE) != 0) {
      newSize = request.arguments().longAt(Wire.SETATTR_BYTES);
      if (newSize < 0) {
        throw new MalformedRequestException("size");
      }
    }
    AttributeChange change =
        new AttributeChange(
            (valid & Wire.FATTR_MODE) != 0
                ? request.arguments().intAt(Wire.SETATTR_MODE) & PERMISSION_BITS
                : null,
            (valid & Wire.FATTR_UID) != 0 ? request.arguments().intAt(Wire.SETATTR_UID) : null,
            (valid & Wire.FATTR_GID) != 0 ? request.arguments().intAt(Wire.SETATTR_GID) : null,
            time(
                request,
                valid,
                Wire.FATTR_ATIME,
                Wire.FATTR_ATIME_NOW,
                Wire.SETATTR_ATIME,
                Wire.SETATTR_ATIME_NANOS),
            time(
                request,
                valid,
                Wire.FATTR_MTIME,
                Wire.FATTR_MTIME_NOW,
                Wire.SETATTR_MTIME,
                Wire.SETATTR_MTIME_NANOS));
    handler.setAttributes(
        request, request.nodeId(), change, newSize, (valid & Wire.FATTR_KILL_SET_ID) != 0);
  }

  private static @Nullable Long time(
      WireRequest request, int valid, int bit, int nowBit, int secondsAt, int nanosAt) {
    if ((valid & bit) == 0) {
      return null;
    }
    if ((valid & nowBit) != 0) {
      return AttributeChange.NOW;
    }
    long seconds = Math.clamp(request.arguments().longAt(secondsAt), -SECONDS_MAX, SECONDS_MAX);
    long nanos = Math.floorMod((long) request.arguments().intAt(nanosAt), NANOS_PER_SECOND);
    return seconds * NANOS_PER_SECOND + nanos;
  }
}
