package io.emberfs.app.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.core.Meters;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ControlChannelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private final Meters meters = new Meters();
  private Path socket;
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    socket = directory.resolve("a.sock");
    server = new ControlServer(socket, ControlChannelTest::handle, meters);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    assertThat(socket).doesNotExist();
  }

  private static ControlReply handle(ControlRequest request) {
    return switch (request.verb()) {
      case "echo" -> new ControlReply.Done(Map.of("said", request.option("say", "nothing")));
      case "refuse" ->
          new ControlReply.Refused(new Refusal(ExitCode.BUSY, "cannot", "because", "wait"));
      default -> throw new IllegalStateException("unknown " + request.verb());
    };
  }

  @Test
  void aRequestIsAnswered() throws IOException {
    ControlReply reply = ask(new ControlRequest("echo", Map.of("say", "grüße \"and\" \\ \n more")));
    assertThat(reply).isEqualTo(new ControlReply.Done(Map.of("said", "grüße \"and\" \\ \n more")));
  }

  @Test
  void aRefusalArrivesWhole() throws IOException {
    assertThat(ask(ControlRequest.of("refuse")))
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> {
              assertThat(refused.refusal().exitCode()).isEqualTo(ExitCode.BUSY);
              assertThat(refused.refusal().text()).isEqualTo("emberfs: cannot: because\nfix: wait");
            });
  }

  @Test
  void aBugInTheHandlerIsARefusalAndTheServerLivesOn() throws IOException {
    assertThat(ask(ControlRequest.of("bug"))).isInstanceOf(ControlReply.Refused.class);
    assertThat(ask(ControlRequest.of("echo"))).isInstanceOf(ControlReply.Done.class);
  }

  @Test
  void onlyTheOwnerMayConnect() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
  }

  @Test
  void anotherVersionIsRefused() throws IOException {
    assertThat(say("{\"version\":2,\"verb\":\"echo\"}\n")).contains("\"exitCode\":2");
  }

  @Test
  void aLineWithoutEndIsCutOffAtItsBound() throws IOException {
    assertThat(say("x".repeat(ControlServer.REQUEST_BYTES_MAX + 1))).isEmpty();
    assertThat(ask(ControlRequest.of("echo"))).isInstanceOf(ControlReply.Done.class);
  }

  @Test
  void connectionsBeyondTheBoundAreClosed() throws IOException {
    List<SocketChannel> silent = new ArrayList<>();
    try {
      for (int i = 0; i < ControlServer.CONNECTIONS_MAX; i++) {
        silent.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
      }
      assertThatThrownBy(() -> ask(ControlRequest.of("echo"))).isInstanceOf(IOException.class);
    } finally {
      for (SocketChannel each : silent) {
        each.close();
      }
    }
  }

  @Test
  void aLeftSocketFileIsReplaced() throws IOException {
    Path left = Files.createFile(directory.resolve("left.sock"));
    try (ControlServer _ = new ControlServer(left, ControlChannelTest::handle, meters)) {
      assertThat(new ControlClient(left).ask(ControlRequest.of("echo"), PATIENCE))
          .isInstanceOf(ControlReply.Done.class);
    }
  }

  @Test
  void randomLinesNeverStopTheServer() throws IOException {
    Seeds.check(random -> {
      for (int round = 0; round < 300; round++) {
        String line = RandomJson.line(random);
        assertThat(say(line + "\n"))
            .as("round %d, line %s", round, line)
            .startsWith("{\"version\":1,");
      }
    });
    assertThat(ask(ControlRequest.of("echo"))).isInstanceOf(ControlReply.Done.class);
  }

  @Test
  void deepNestingIsRefusedAlsoWhenStringsPretendToCloseIt() {
    assertThat(Json.read("[\"]\",".repeat(5000))).isNull();
    assertThat(Json.read("{\"a\":[1,{\"b\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}]}")).isNotNull();
  }

  private ControlReply ask(ControlRequest request) throws IOException {
    return new ControlClient(socket).ask(request, PATIENCE);
  }

  /** Sends raw bytes and returns everything that comes back until the server closes. */
  private String say(String text) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      ByteBuffer answer = ByteBuffer.allocate(64 << 10);
      try {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        int count = 0;
        while (count >= 0) {
          count = channel.read(answer);
        }
      } catch (IOException cutOff) {
        // The server hung up on us: what came until then counts.
      }
      return StandardCharsets.UTF_8.decode(answer.flip()).toString();
    }
  }
}
