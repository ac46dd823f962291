package io.emberfs.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every text check holds for this repository and catches the violation that is planted for it. */
final class RepositoryTextTest {
  @Nested
  final class OfThisRepository {
    private final RepositoryText text = new RepositoryText(repository());

    @Test
    void hasNoLongFiles() throws IOException {
      assertThat(text.longFiles()).isEmpty();
    }

    @Test
    void hasNoTabs() throws IOException {
      assertThat(text.tabs()).isEmpty();
    }

    @Test
    void hasNoUnfinishedWork() throws IOException {
      assertThat(text.unfinishedWork()).isEmpty();
    }

    @Test
    void drawsEveryModule() throws IOException {
      assertThat(text.modulesMissingInTheDrawing()).isEmpty();
    }

    @Test
    void introducesEveryPackage() throws IOException {
      assertThat(text.packagesWithoutIntroduction()).isEmpty();
    }

    @Test
    void isReadAtAll() throws IOException {
      assertThat(text.sources())
          .anySatisfy(file -> assertThat(file).endsWithRaw(Path.of("RepositoryTextTest.java")));
    }
  }

  @Nested
  final class OfPlantedViolations {
    @TempDir private Path folder;

    @Test
    void catchesALongFile() throws IOException {
      plant("run.sh", "true\n".repeat(RepositoryText.MAXIMUM_LINES + 1));
      plant("short.sh", "true\n".repeat(RepositoryText.MAXIMUM_LINES));

      assertThat(planted().longFiles()).containsExactly("run.sh has 501 lines, at most 500");
    }

    @Test
    void catchesATab() throws IOException {
      plant("A.java", "class A {\n\tint a;\n}\n");

      assertThat(planted().tabs()).containsExactly("A.java:2 has a tab");
    }

    @Test
    void catchesUnfinishedWork() throws IOException {
      plant("A.java", "// TO" + "DO later\n");

      assertThat(planted().unfinishedWork()).containsExactly("A.java:1 has unfinished work");
    }

    @Test
    void catchesAModuleThatIsNotDrawn() throws IOException {
      plant("pom.xml", "<module>core</module><module>tests/bench</module>");
      plant("docs/ARCHITECTURE.md", "bench\n```\napp -> core  workbench\n```\n");

      assertThat(planted().modulesMissingInTheDrawing())
          .containsExactly("docs/ARCHITECTURE.md draws no bench");
    }

    @Test
    void catchesAPackageWithoutIntroduction() throws IOException {
      plant("core/src/main/java/a/A.java", "package a;\n");
      plant("core/src/main/java/b/B.java", "package b;\n");
      plant("core/src/main/java/b/package-info.java", "@NullMarked\npackage b;\n");

      assertThat(planted().packagesWithoutIntroduction())
          .containsExactly("core/src/main/java/a has no package-info.java with @NullMarked");
    }

    private RepositoryText planted() {
      return new RepositoryText(folder);
    }

    private void plant(String name, String content) throws IOException {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, content);
    }
  }

  private static Path repository() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs").resolve("ARCHITECTURE.md"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException(
            "no docs/ARCHITECTURE.md above " + Path.of("").toAbsolutePath());
      }
    }
    return folder;
  }
}
