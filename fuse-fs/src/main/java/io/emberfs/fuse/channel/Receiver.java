package io.emberfs.fuse.channel;

import io.emberfs.core.Errno;
import io.emberfs.ffi.FuseDevice;
import io.emberfs.fuse.dispatch.Dispatcher;
import io.emberfs.fuse.dispatch.ReplyChannel;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of one receive thread: reads a request from its descriptor and has it served, until the
 * connection ends.
 */
final class Receiver implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);

  private final int descriptor;
  private final Dispatcher dispatcher;
  private final RequestBuffers buffers;
  private final ReplyChannel channel;
  private final RequestMeters meters;
  private final Runnable onEnd;

  /**
   * @param descriptor of the device; stays the transport's
   * @param onEnd called last, on this thread
   */
  Receiver(
      int descriptor,
      Dispatcher dispatcher,
      RequestBuffers buffers,
      ReplyChannel channel,
      RequestMeters meters,
      Runnable onEnd) {
    this.descriptor = descriptor;
    this.dispatcher = dispatcher;
    this.buffers = buffers;
    this.channel = channel;
    this.meters = meters;
    this.onEnd = onEnd;
  }

  @Override
  public void run() {
    try {
      WireRequest request = buffers.acquire(channel, meters);
      int byteCount = receive(request);
      while (byteCount >= 0) {
        if (!dispatcher.dispatch(request, descriptor, byteCount)) {
          request = buffers.acquire(channel, meters);
        }
        byteCount = receive(request);
      }
      buffers.release(request);
      if (byteCount != -Errno.ENODEV) {
        LOG.error("reading the FUSE device failed with errno {}", -byteCount);
      }
    } finally {
      onEnd.run();
    }
  }

  private int receive(WireRequest request) {
    while (true) {
      int result = FuseDevice.read(descriptor, request.receiveAddress(), request.receiveCapacity());
      boolean isPassing =
          // The request was taken back before it was read.
          result == -Errno.ENOENT
              // A signal came, or there was nothing after all.
              || result == -Errno.EINTR
              || result == -Errno.EAGAIN;
      if (!isPassing) {
        return result;
      }
    }
  }
}
