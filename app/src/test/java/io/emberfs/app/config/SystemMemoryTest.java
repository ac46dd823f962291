package io.emberfs.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.MemoryProbe.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemMemoryTest {
  private static final Scope MACHINE = new Scope("this machine", 1000 << 10, 600 << 10);

  @TempDir private Path root;

  @BeforeEach
  void aMachine() throws IOException {
    write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:   600 kB\n");
    write(
        "proc/pressure/memory",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=4711\n"
            + "full avg10=0.00 avg60=0.00 avg300=0.00 total=815\n");
  }

  @Test
  void withoutGroupsTheMachineIsAllThereIs() {
    assertThat(memory().read().scopes()).containsExactly(MACHINE);
    assertThat(memory().read().stalledMicros()).hasValue(4711);
  }

  @Test
  void aGroupOfVersionOneAndThoseAboveItCount() throws IOException {
    write("proc/self/cgroup", "5:cpu:/\n4:memory:/outer/inner\n0::/\n");
    group("memory", 1L << 62, 900 << 10);
    group("memory/outer", 800 << 10, 500 << 10);
    group("memory/outer/inner", 400 << 10, 350 << 10);

    assertThat(memory().read().scopes())
        .containsExactly(
            MACHINE,
            new Scope("control group inner", 400 << 10, 150 << 10),
            new Scope("control group outer", 800 << 10, 400 << 10));
  }

  @Test
  void insideOfAContainerItsGroupIsTheRoot() throws IOException {
    write("proc/self/cgroup", "4:memory:/docker/0815\n");
    group("memory", 400 << 10, 350 << 10);

    assertThat(memory().read().scopes())
        .containsExactly(MACHINE, new Scope("control group memory", 400 << 10, 150 << 10));
  }

  @Test
  void aGroupOfVersionTwoCountsAndHasPressureOfItsOwn() throws IOException {
    write("proc/self/cgroup", "0::/slice/unit\n");
    write("cgroup/slice/memory.max", "max\n");
    write("cgroup/slice/memory.current", "5\n");
    write("cgroup/slice/unit/memory.max", (300 << 10) + "\n");
    write("cgroup/slice/unit/memory.current", (290 << 10) + "\n");
    write("cgroup/slice/unit/memory.stat", "anon 7\ninactive_file 1024\nactive_file 2048\n");
    write("cgroup/slice/unit/memory.pressure", "some avg10=0.00 total=12\n");

    assertThat(memory().read().scopes())
        .containsExactly(MACHINE, new Scope("control group unit", 300 << 10, 12 << 10));
    assertThat(memory().read().stalledMicros()).hasValue(12);
  }

  @Test
  void limitsAreReadAgainAndWhatCannotBeReadIsLeftOut() throws IOException {
    write("proc/self/cgroup", "4:memory:/g\nnonsense\n");
    group("memory/g", 400 << 10, 350 << 10);
    SystemMemory memory = memory();
    write("cgroup/memory/g/memory.limit_in_bytes", (500 << 10) + "\n");
    assertThat(memory.read().scopes()).contains(new Scope("control group g", 500 << 10, 250 << 10));
    write("cgroup/memory/g/memory.usage_in_bytes", "?\n");
    Files.delete(root.resolve("proc/meminfo"));
    assertThat(memory.read().scopes()).isEmpty();
    assertThatThrownBy(() -> MachineMemory.of(memory)).isInstanceOf(IOException.class);
  }

  @Test
  void theTightestOfAllIsWhatAProcessMayUse() throws IOException {
    write("proc/self/cgroup", "4:memory:/g\n");
    group("memory/g", 400 << 10, 350 << 10);
    assertThat(MachineMemory.of(memory())).isEqualTo(new MachineMemory(400 << 10, 150 << 10));
  }

  @Test
  void thisMachineHasMemory() throws IOException {
    MachineMemory memory = MachineMemory.of(new SystemMemory());
    assertThat(memory.limitBytes()).isGreaterThan(100 << 20);
    assertThat(memory.availableBytes()).isBetween(1L, memory.limitBytes());
  }

  private SystemMemory memory() {
    return new SystemMemory(root.resolve("proc"), root.resolve("cgroup"));
  }

  /** A group of version 1 with 50 KiB of idle pages of files and 100 KiB of others. */
  private void group(String name, long limit, long usage) throws IOException {
    write("cgroup/" + name + "/memory.limit_in_bytes", limit + "\n");
    write("cgroup/" + name + "/memory.usage_in_bytes", usage + "\n");
    write(
        "cgroup/" + name + "/memory.stat",
        "inactive_file 1\ntotal_inactive_file "
            + (50 << 10)
            + "\ntotal_active_file "
            + (100 << 10)
            + "\n");
  }

  private void write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
