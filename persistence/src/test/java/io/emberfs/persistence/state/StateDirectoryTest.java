package io.emberfs.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.emberfs.core.Meters;
import io.emberfs.persistence.state.StateDirectoryException.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateDirectoryTest {
  private static final Path BACKING = Path.of("/some/backing");

  @TempDir private Path temporary;
  private Path directory;
  private final Meters meters = new Meters();

  @BeforeEach
  void name() {
    directory = temporary.resolve("parent").resolve("state-directory");
  }

  @Test
  void aNewDirectoryIsPrivateAndKeepsItsId() throws IOException {
    String id;
    try (StateDirectory opened = open()) {
      id = opened.id();
      assertThat(id).matches("[0-9a-f]{32}");
      assertThat(opened.startedCold()).isFalse();
      assertThat(opened.state()).isDirectory();
      for (Path path : new Path[] {directory, opened.state()}) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .isEqualTo("rwx------");
      }
      for (String name : new String[] {"lock", "format"}) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(directory.resolve(name))))
            .isEqualTo("rw-------");
      }
    }
    try (StateDirectory again = open()) {
      assertThat(again.id()).isEqualTo(id);
      assertThat(again.startedCold()).isFalse();
    }
    assertThat(meters.counter("state.damaged").value()).isZero();
  }

  @Test
  void aSecondDaemonIsToldWhoHasIt() throws Exception {
    Process other =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                directory.toString(),
                BACKING.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader answer = other.inputReader()) {
      assertThat(answer.readLine()).isEqualTo("held");
      Map<String, String> before = contents();

      StateDirectoryException refusal = refusal(BACKING);

      assertThat(refusal.problem()).isEqualTo(Problem.IN_USE);
      assertThat(refusal.detail()).isEqualTo(Long.toString(other.pid()));
      assertThat(contents()).isEqualTo(before);
    } finally {
      other.destroyForcibly().waitFor();
    }
    open().close(); // the lock ended with the process
  }

  /** The other daemon: takes the directory and waits to be killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try (StateDirectory _ =
          StateDirectory.open(Path.of(arguments[0]), Path.of(arguments[1]), new Meters())) {
        new java.io.PrintStream(
                new java.io.FileOutputStream(java.io.FileDescriptor.out),
                true,
                StandardCharsets.UTF_8)
            .println("held");
        System.in.read();
      }
    }
  }

  /** A kill in the middle of setting damage aside leaves no format, and the daemon's logs. */
  @Test
  void whatAnInterruptedSettingAsideLeftIsTaken() throws IOException {
    open().close();
    Files.createDirectory(directory.resolve("damaged-1"));
    for (String name : new String[] {"format", "state"}) {
      Files.move(directory.resolve(name), directory.resolve("damaged-1").resolve(name));
    }
    for (String name : new String[] {"emberfs.log", "emberfs.log.1", "java.log", "running"}) {
      Files.writeString(directory.resolve(name), "left");
    }

    try (StateDirectory again = open()) {
      assertThat(again.startedCold()).isFalse();
    }
    assertThat(directory.resolve("emberfs.log")).hasContent("left");
  }

  @Test
  void anotherBackingIsRefused() throws IOException {
    open().close();
    assertRefused(Problem.OTHER_BACKING, "/some/backing", Path.of("/another"));
  }

  @Test
  void aNewerVersionIsRefused() throws IOException {
    open().close();
    Path format = directory.resolve("format");
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(format)).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 7);
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.slice(0, 12));
    Files.write(format, bytes.putInt(12, (int) checksum.getValue()).array());

    assertRefused(Problem.NEWER_VERSION, "7", BACKING);
  }

  @Test
  void aDirectoryThatOthersMayReadIsRefused() throws IOException {
    open().close();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));

    assertRefused(Problem.NOT_PRIVATE, "mode 0750", BACKING);
  }

  @Test
  void aFileIsNotADirectory() throws IOException {
    Files.createDirectories(directory.getParent());
    Files.writeString(directory, "a file");

    assertThat(refusal(BACKING).problem()).isEqualTo(Problem.NOT_A_DIRECTORY);
    assertThat(directory).hasContent("a file");
  }

  @Test
  void aDirectoryOfSomethingElseIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectories(directory.getParent());
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(directory.resolve("thesis.tex"), "precious");

    assertRefused(Problem.NOT_OURS, "thesis.tex", BACKING);
  }

  @Test
  void aDamagedFormatIsAColdStartThatKeepsTheJournal() throws IOException {
    for (int round = 1; round <= 3; round++) {
      String before;
      try (StateDirectory opened = open()) {
        before = opened.id();
        Files.writeString(opened.state().resolve("a.state"), "warm " + round);
        Files.createDirectories(opened.ssd());
        Files.createDirectories(opened.journal());
        Files.writeString(opened.journal().resolve("1.journal"), "dirty");
      }
      byte[] format = Files.readAllBytes(directory.resolve("format"));
      format[7 * round] ^= 0x20;
      Files.write(directory.resolve("format"), format);

      try (StateDirectory opened = open()) {
        assertThat(opened.startedCold()).isTrue();
        assertThat(opened.id()).isNotEqualTo(before);
        assertThat(opened.state()).isEmptyDirectory();
        assertThat(opened.ssd()).doesNotExist();
        assertThat(opened.journal().resolve("1.journal")).hasContent("dirty");
        assertThat(directory.resolve("damaged-" + round).resolve("state").resolve("a.state"))
            .hasContent("warm " + round);
        assertThat(directory.resolve("damaged-" + (round - 1))).doesNotExist();
      }
      assertThat(meters.counter("state.damaged").value()).isEqualTo(round);
    }
  }

  @Test
  void anyDamageOfTheFormatIsAColdStartAndNeverARefusal() throws IOException {
    open().close();
    byte[] whole = Files.readAllBytes(directory.resolve("format"));
    for (int bit = 0; bit < 8 * whole.length; bit += 5) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(FormatFile.read(damaged)).as("bit %d", bit).isInstanceOf(FormatFile.Damaged.class);
    }
    for (int length = 0; length < whole.length; length++) {
      assertThat(FormatFile.read(java.util.Arrays.copyOf(whole, length)))
          .isInstanceOf(FormatFile.Damaged.class);
    }
  }

  private StateDirectory open() throws StateDirectoryException {
    return StateDirectory.open(directory, BACKING, meters);
  }

  private StateDirectoryException refusal(Path backing) {
    return catchThrowableOfType(
        StateDirectoryException.class,
        () -> StateDirectory.open(directory, backing, meters).close());
  }

  private void assertRefused(Problem problem, String detail, Path backing) throws IOException {
    Map<String, String> before = contents();

    StateDirectoryException refusal = refusal(backing);

    assertThat(refusal.problem()).isEqualTo(problem);
    assertThat(refusal.detail()).isEqualTo(detail);
    assertThat(refusal.directory()).isEqualTo(directory.toString());
    assertThat(contents()).isEqualTo(before);
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.toList()) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        String bytes =
            Files.isRegularFile(path)
                ? new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1)
                : "";
        contents.put(path.toString(), mode + bytes);
      }
    }
    return contents;
  }
}
