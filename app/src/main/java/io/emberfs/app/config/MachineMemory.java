package io.emberfs.app.config;

import io.emberfs.core.MemoryProbe;
import io.emberfs.core.MemoryProbe.Scope;
import java.io.IOException;
import java.util.List;

/**
 * How much memory this process may use.
 *
 * @param limitBytes the machine's memory, or a control group's limit if that is lower
 * @param availableBytes what is free or can be freed without swapping, at most {@code limitBytes}
 */
public record MachineMemory(long limitBytes, long availableBytes) {
  /**
   * The tightest of what is known.
   *
   * @throws IOException if nothing is
   */
  public static MachineMemory of(MemoryProbe probe) throws IOException {
    List<Scope> scopes = probe.read().scopes();
    if (scopes.isEmpty()) {
      throw new IOException("/proc/meminfo cannot be read");
    }
    return new MachineMemory(
        scopes.stream().mapToLong(Scope::limitBytes).min().orElseThrow(),
        scopes.stream().mapToLong(Scope::availableBytes).min().orElseThrow());
  }
}
