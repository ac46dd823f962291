package io.emberfs.app.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/** Asks a daemon one thing. */
public final class ControlClient {
  private static final int REPLY_BYTES_MAX = 1 << 20;

  private final Path socketPath;

  public ControlClient(Path socketPath) {
    this.socketPath = socketPath;
  }

  /**
   * Sends a request and waits for the reply.
   *
   * @throws ControlTimeoutException if there is none in time
   * @throws IOException if the daemon cannot be reached or does not speak this protocol
   */
  public ControlReply ask(ControlRequest request, Duration timeout) throws IOException {
    SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
    try (socket) {
      socket.connect(UnixDomainSocketAddress.of(socketPath));
      try (LineChannel channel = new LineChannel(socket)) {
        channel.writeLine(request.toLine(), timeout);
        String line = channel.readLine(REPLY_BYTES_MAX, timeout);
        return ControlReply.parse(line)
            .orElseThrow(() -> new IOException("the daemon speaks another protocol"));
      }
    }
  }
}
