package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SampleTreeTest {
  @TempDir private Path temp;

  @Test
  void theSameSeedMakesTheSameTree() throws IOException {
    new SampleTree(7).writeTree(temp.resolve("a"), 60);
    new SampleTree(7).writeTree(temp.resolve("b"), 60);
    new SampleTree(8).writeTree(temp.resolve("c"), 60);
    assertThat(contents(temp.resolve("a")))
        .isEqualTo(contents(temp.resolve("b")))
        .isNotEqualTo(contents(temp.resolve("c")));
  }

  @Test
  void mostFilesAreSmallAndAFewAreLarge() throws IOException {
    long byteCount = new SampleTree(7).writeTree(temp, SampleTree.FILE_COUNT);
    List<Long> sizes;
    try (Stream<Path> files = Files.walk(temp)) {
      sizes =
          files.filter(Files::isRegularFile).map(file -> file.toFile().length()).sorted().toList();
    }
    assertThat(sizes).hasSize(SampleTree.FILE_COUNT);
    assertThat(sizes.stream().mapToLong(Long::longValue).sum()).isEqualTo(byteCount);
    assertThat(sizes.get(sizes.size() / 2)).isBetween(1_500L, 4_000L);
    assertThat(sizes.getLast()).isBetween(139_264L, 595_968L);
  }

  @Test
  void aFileHasTheSizeThatWasAskedFor() throws IOException {
    new SampleTree(7).writeFile(temp.resolve("odd"), 10_001);
    assertThat(temp.resolve("odd")).hasSize(10_001);
  }

  private static Map<String, String> contents(Path root) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(
            root.relativize(file).toString(), java.util.Arrays.toString(Files.readAllBytes(file)));
      }
    }
    return contents;
  }
}
