package io.emberfs.engine.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Hostile bytes as a saved namespace: refused, or a memory within its bound that can be saved. */
final class NamespaceFuzzTest {
  private static final String PIECE = "namespace";
  private static final long MEMORY_BYTES = 1 << 18;
  private static final int ROUNDS = 2_000;

  @FuzzTest(maxDuration = "10m")
  void hostileBytesAreRefusedOrSavedAgain(byte[] bytes) throws IOException {
    FakeStateStore store = new FakeStateStore(1 << 22);
    store.save(PIECE, out -> out.write(bytes));
    NamespaceMemory memory = new NamespaceMemory(MEMORY_BYTES);
    try {
      var opened = NamespaceState.open(store);
      if (opened.isPresent()) {
        NamespaceState.load(opened.get(), memory);
        NamespaceState.save(store, opened.get().header(), memory);
        NamespaceMemory again = new NamespaceMemory(MEMORY_BYTES);
        NamespaceState.load(NamespaceState.open(store).orElseThrow(), again);
        assertThat(again.nodeCount()).isEqualTo(memory.nodeCount());
      }
    } catch (IOException refused) {
      // Whoever loads begins anew; what was taken up until then is within the bound.
    }
    assertThat(memory.bytes()).isLessThan(2 * MEMORY_BYTES);
  }

  @Test
  void randomBytesAreRefusedOrSavedAgain() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = new byte[random.nextInt(400)];
        random.nextBytes(bytes);
        hostileBytesAreRefusedOrSavedAgain(bytes);
      }
    });
  }
}
