package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Some writers that run at the same time, cycle after cycle, and what their files may hold. */
final class CrashWriters {
  private static final int WRITER_COUNT = 2;
  private static final Duration START_MAX = Duration.ofSeconds(30);

  /** A writer whose file system is gone gets an error; one that does not come back hangs. */
  private static final long RETURN_SECONDS_MAX = 20;

  private final Path journals;
  private final RandomGenerator random;
  private final List<CrashModel> models = new ArrayList<>();
  private final List<Process> running = new ArrayList<>();
  private final List<Long> bindingBytes = new ArrayList<>();

  /**
   * @param journals a directory that no fault touches
   */
  CrashWriters(Path journals, RandomGenerator random) {
    this.journals = journals;
    this.random = random;
    for (int writer = 0; writer < WRITER_COUNT; writer++) {
      models.add(new CrashModel(writer));
    }
  }

  /** Starts them on a directory, and returns when each has made something durable. */
  void start(Path directory) throws IOException {
    for (CrashModel model : models) {
      Process process =
          Program.java(
                  CrashWriter.class,
                  directory.toString(),
                  Integer.toString(model.writer()),
                  Long.toString(random.nextLong()),
                  Long.toString(model.lastVersion()))
              .start(journal(model), journals.resolve("errors" + model.writer()));
      running.add(process);
    }
    for (CrashModel model : models) {
      await("first acknowledgement of writer " + model.writer())
          .atMost(START_MAX)
          .until(() -> Files.readString(journal(model)).contains("ack "));
    }
  }

  /** What is acknowledged from here on binds nothing: the fault begins. */
  void faultBegins() throws IOException {
    for (CrashModel model : models) {
      bindingBytes.add(Files.size(journal(model)));
    }
  }

  /** Waits until they have given up, and learns what they said. */
  void collect() throws IOException, InterruptedException {
    for (int i = 0; i < models.size(); i++) {
      Process process = running.get(i);
      boolean returned = process.waitFor(RETURN_SECONDS_MAX, TimeUnit.SECONDS);
      process.destroyForcibly();
      assertThat(returned).as("writer %d came back after the fault", i).isTrue();
      byte[] journal = Files.readAllBytes(journal(models.get(i)));
      models.get(i).learn(journal, bindingBytes.get(i));
    }
    running.clear();
    bindingBytes.clear();
  }

  /** What the files in a directory hold that they must not. */
  List<String> violations(Path directory) throws IOException {
    List<String> violations = new ArrayList<>();
    for (CrashModel model : models) {
      violations.addAll(model.violations(directory));
    }
    return violations;
  }

  /** Number of calls that promised durability and returned before a fault. */
  long acknowledgedCount() {
    return models.stream().mapToLong(CrashModel::acknowledgedCount).sum();
  }

  /** Ends those that still run. */
  void stop() {
    running.forEach(Process::destroyForcibly);
  }

  private Path journal(CrashModel model) {
    return journals.resolve("journal" + model.writer());
  }
}
