package io.emberfs.app.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Lines over a socket, each bounded in length and in time, so that a peer that sends nothing, or
 * for ever, holds a thread for a while only. One thread at a time.
 */
final class LineChannel implements AutoCloseable {
  private static final int BUFFER_SIZE = 8 << 10;

  private final SocketChannel socket;
  private final Selector selector;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_SIZE).flip();

  /** Takes over a connected socket. */
  LineChannel(SocketChannel socket) throws IOException {
    this.socket = socket;
    socket.configureBlocking(false);
    selector = Selector.open();
  }

  /**
   * The next line, without its end.
   *
   * @param bytesMax longest line that is taken
   * @param timeout for the whole line
   * @throws IOException if the line is too long, too late, or ends with the connection
   */
  String readLine(int bytesMax, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          return line.toString(StandardCharsets.UTF_8);
        }
        if (line.size() == bytesMax) {
          throw new IOException("line longer than " + bytesMax + " bytes");
        }
        line.write(next);
      }
      await(SelectionKey.OP_READ, deadline);
      buffer.clear();
      int count = socket.read(buffer);
      buffer.flip();
      if (count < 0) {
        throw new SocketException("connection ended within a line");
      }
    }
  }

  /** Sends a line and its end. */
  void writeLine(String line, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      if (socket.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
  }

  private void await(int operation, long deadline) throws IOException {
    socket.register(selector, operation);
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0 || selector.select(millis) == 0) {
      throw new ControlTimeoutException();
    }
    selector.selectedKeys().clear();
  }

  @Override
  public void close() throws IOException {
    try (selector;
        socket) {
      socket.shutdownOutput();
    } catch (IOException alreadyEnded) {
      // The peer was faster; closing is all that was wanted.
    }
  }
}
