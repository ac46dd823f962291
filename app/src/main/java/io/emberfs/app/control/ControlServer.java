package io.emberfs.app.control;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.core.Meters;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves the control socket: one thread that accepts, and one for each of at most {@value
 * #CONNECTIONS_MAX} connections, which sends one request and gets one reply.
 *
 * <p>Who may connect is decided by the directory of the socket, which only its owner may enter.
 */
public final class ControlServer implements AutoCloseable {
  static final int CONNECTIONS_MAX = 8;
  static final int REQUEST_BYTES_MAX = 64 << 10;
  private static final long RETRY_NANOS = 10_000_000;
  private static final Duration LINE_TIMEOUT = Duration.ofSeconds(5);

  private final Path socketPath;
  private final Handler handler;
  private final ServerSocketChannel listener;
  private final Semaphore free = new Semaphore(CONNECTIONS_MAX);
  private final Meters.Counter refused;
  private final Meters.Counter failed;
  private final Thread acceptor;

  /**
   * Binds and serves. A socket file that is already there is left by a daemon that was killed and
   * is replaced.
   *
   * @param socketPath in a directory that only its owner may enter
   */
  public ControlServer(Path socketPath, Handler handler, Meters meters) throws IOException {
    this.socketPath = socketPath;
    this.handler = handler;
    refused = meters.counter("control.refusedConnections");
    failed = meters.counter("control.failedRequests");
    Files.deleteIfExists(socketPath);
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socketPath), CONNECTIONS_MAX);
    Files.setPosixFilePermissions(socketPath, PosixFilePermissions.fromString("rw-------"));
    acceptor = start("emberfs-control", this::accept);
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel socket = listener.accept();
        if (free.tryAcquire()) {
          start("emberfs-control-peer", () -> serve(socket));
        } else {
          refused.increment();
          socket.close();
        }
      } catch (ClosedChannelException closed) {
        return;
      } catch (IOException cause) {
        // Out of descriptors, most likely: the next connection may fare better.
        refused.increment();
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private void serve(SocketChannel socket) {
    try (LineChannel channel = new LineChannel(socket)) {
      ControlReply reply = answer(channel.readLine(REQUEST_BYTES_MAX, LINE_TIMEOUT));
      channel.writeLine(reply.toLine(), LINE_TIMEOUT);
    } catch (IOException peer) {
      failed.increment();
    } finally {
      free.release();
    }
  }

  /** The outermost catch of a request. */
  private ControlReply answer(String line) {
    try {
      return ControlRequest.parse(line)
          .map(handler::handle)
          .orElseGet(() ->
              new ControlReply.Refused(
                  new Refusal(
                      ExitCode.USAGE,
                      "the daemon cannot answer",
                      "the request is not one of its version",
                      "use the emberfs that made the mount, or mount again")));
    } catch (RuntimeException bug) {
      failed.increment();
      return new ControlReply.Refused(
          new Refusal(
              ExitCode.FAILED,
              "the daemon cannot answer",
              bug.toString(),
              "see the log in the state directory"));
    }
  }

  private static Thread start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Takes no more requests, lets those under way be answered, and removes the socket. */
  @Override
  public void close() throws IOException {
    listener.close();
    try {
      acceptor.join();
      // A reply that is under way ends within its time limit.
      free.acquire(CONNECTIONS_MAX);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(socketPath);
  }

  /** Answers requests. */
  @FunctionalInterface
  public interface Handler {
    /** Called on a thread of the connection; may wait. */
    ControlReply handle(ControlRequest request);
  }
}
