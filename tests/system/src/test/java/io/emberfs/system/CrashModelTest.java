package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the oracle of the crash tests allows, and what it notices. */
final class CrashModelTest {
  private static final int WRITER = 1;

  @TempDir private Path directory;

  private final CrashModel model = new CrashModel(WRITER);

  @BeforeEach
  void acknowledgedOnce() throws IOException {
    model.learn(said("issue 0 0 1\nack 1\n"), Long.MAX_VALUE);
    holds(1);
    assertThat(model.violations(directory)).isEmpty();
  }

  @Test
  void aLostAcknowledgedVersionIsNoticed() throws IOException {
    model.learn(said("issue 0 0 2\nack 2\n"), Long.MAX_VALUE);
    assertThat(model.violations(directory)).hasSize(1);
    holds(2);
    assertThat(model.violations(directory)).isEmpty();
  }

  @Test
  void whatARunDidNotAcknowledgeMayBeThereOrNot() throws IOException {
    model.learn(said("issue 0 0 2\n"), Long.MAX_VALUE);
    assertThat(model.violations(directory)).isEmpty();
    holds(2);
    assertThat(model.violations(directory)).isEmpty();
    holds(3);
    assertThat(model.violations(directory)).hasSize(1);
  }

  @Test
  void anAcknowledgementBindsNothingOfAnEarlierRun() throws IOException {
    model.learn(said("issue 0 0 2\n"), Long.MAX_VALUE);
    model.learn(said("issue 1 0 3\nack 3\n"), Long.MAX_VALUE);
    assertThat(model.violations(directory)).singleElement().asString().contains("file 1 block 0");
  }

  @Test
  void anAcknowledgementBehindTheFaultBindsNothing() throws IOException {
    String before = "issue 0 0 2\n";
    model.learn(said(before + "ack 2\n"), before.length());
    assertThat(model.violations(directory)).isEmpty();
  }

  private void holds(long version) throws IOException {
    ByteBuffer block = CrashBlock.encode(WRITER, 0, 0, version);
    Files.write(CrashWriter.file(directory, WRITER, 0), block.array());
  }

  private static byte[] said(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
