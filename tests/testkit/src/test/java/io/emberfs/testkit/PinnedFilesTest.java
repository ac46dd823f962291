package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.PinnedFiles;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PinnedFilesTest {
  private final PinnedFiles files = new PinnedFiles();

  @Test
  void anyOrderOfCallsAgreesWithASet() {
    Seeds.check(random -> {
      Set<Long> model = new HashSet<>();
      PinnedFiles tried = new PinnedFiles();
      int numbers = 1 + random.nextInt(500);
      for (int call = 0; call < 20_000; call++) {
        // Numbers of a run whose database has failed are negative.
        long fileId = (1 + random.nextInt(numbers)) * (random.nextBoolean() ? 1L : -7L);
        if (random.nextBoolean()) {
          tried.add(fileId);
          model.add(fileId);
        } else {
          tried.remove(fileId);
          model.remove(fileId);
        }
        assertThat(tried.contains(fileId)).isEqualTo(model.contains(fileId));
        assertThat(tried.count()).isEqualTo(model.size());
      }
      for (long fileId = -7L * numbers; fileId <= numbers; fileId++) {
        assertThat(tried.contains(fileId)).isEqualTo(model.contains(fileId));
      }
    });
  }

  @Test
  void numbersThatNoFileHasAreRefused() {
    assertThatThrownBy(() -> files.add(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> files.add(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
