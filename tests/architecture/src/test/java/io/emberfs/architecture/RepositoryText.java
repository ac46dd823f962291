package io.emberfs.architecture;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The checks on the text of a repository; each answers with its findings, one line each. */
final class RepositoryText {
  static final int MAXIMUM_LINES = 500;

  /** Tables that are better read in one piece. */
  private static final Set<String> LONG_TABLES = Set.of();

  private static final Set<String> NOT_OURS = Set.of(".git", "target", ".idea", ".vscode");
  private static final Set<String> SCRIPTS_WITHOUT_SUFFIX = Set.of("emberfs", ".ci/run");
  private static final String UNFINISHED = "TO" + "DO";
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Pattern DRAWING = Pattern.compile("(?ms)^```.*?$(.*?)^```");

  private final Path root;

  RepositoryText(Path root) {
    this.root = root;
  }

  List<String> longFiles() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Path file : sources()) {
      int count = Files.readAllLines(file).size();
      if (count > MAXIMUM_LINES && !LONG_TABLES.contains(name(file))) {
        findings.add("%s has %d lines, at most %d".formatted(name(file), count, MAXIMUM_LINES));
      }
    }
    return findings;
  }

  List<String> tabs() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Path file : sources()) {
      if (file.toString().endsWith(".java")) {
        findings.addAll(linesWith("\t", "a tab", file));
      }
    }
    return findings;
  }

  List<String> unfinishedWork() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Path file : sources()) {
      findings.addAll(linesWith(UNFINISHED, "unfinished work", file));
    }
    return findings;
  }

  /** Every Maven module stands in a drawing of {@code docs/ARCHITECTURE.md}. */
  List<String> modulesMissingInTheDrawing() throws IOException {
    StringBuilder drawings = new StringBuilder();
    Matcher drawing =
        DRAWING.matcher(Files.readString(root.resolve("docs").resolve("ARCHITECTURE.md")));
    while (drawing.find()) {
      drawings.append(drawing.group(1));
    }
    List<String> findings = new ArrayList<>();
    Matcher module = MODULE.matcher(Files.readString(root.resolve("pom.xml")));
    while (module.find()) {
      String room = Path.of(module.group(1)).getFileName().toString();
      Pattern word = Pattern.compile("(?<![\\w-])" + Pattern.quote(room) + "(?![\\w-])");
      if (!word.matcher(drawings).find()) {
        findings.add("docs/ARCHITECTURE.md draws no " + room);
      }
    }
    return findings;
  }

  /** Every package of the product says what it is, and is null-marked. */
  List<String> packagesWithoutIntroduction() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Path file : sources()) {
      if (!file.toString().endsWith(".java") || !name(file).contains("src/main/java/")) {
        continue;
      }
      Path introduction = file.resolveSibling("package-info.java");
      if (!Files.exists(introduction) || !Files.readString(introduction).contains("@NullMarked")) {
        String finding = name(file.getParent()) + " has no package-info.java with @NullMarked";
        if (!findings.contains(finding)) {
          findings.add(finding);
        }
      }
    }
    return findings;
  }

  List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return NOT_OURS.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && isSource(name(file))) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    sources.sort(null);
    return sources;
  }

  private static boolean isSource(String name) {
    return name.endsWith(".java") || name.endsWith(".sh") || SCRIPTS_WITHOUT_SUFFIX.contains(name);
  }

  private List<String> linesWith(String text, String what, Path file) throws IOException {
    List<String> findings = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int index = 0; index < lines.size(); index++) {
      if (lines.get(index).contains(text)) {
        findings.add("%s:%d has %s".formatted(name(file), index + 1, what));
      }
    }
    return findings;
  }

  private String name(Path file) {
    return root.relativize(file).toString();
  }
}
