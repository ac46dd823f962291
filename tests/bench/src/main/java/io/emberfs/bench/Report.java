package io.emberfs.bench;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Collects samples by name, and prints medians, ratios and whether a bar was met; also as JSON in a
 * file.
 */
final class Report {
  private final String benchmark;
  private final PrintStream out;
  private final long startNanos = System.nanoTime();
  private final Map<String, List<Double>> samples = new LinkedHashMap<>();
  private final List<Row> rows = new ArrayList<>();

  Report(String benchmark, PrintStream out) {
    this.benchmark = benchmark;
    this.out = out;
  }

  /** One line of progress, with the seconds since the start. */
  void progress(String text) {
    out.printf(Locale.ROOT, "%5.1f s  %s%n", (System.nanoTime() - startNanos) / 1e9, text);
  }

  /** Adds one measured value. */
  void add(String name, double value) {
    samples.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
  }

  /** The median of a name's samples. */
  double median(String name) {
    List<Double> sorted = samples.getOrDefault(name, List.of()).stream().sorted().toList();
    if (sorted.isEmpty()) {
      throw new IllegalStateException("no samples of " + name);
    }
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** A row with the ratio of two medians, which should be at least {@code bar}. */
  void ratioAtLeast(String text, String measured, String baseline, double bar) {
    double ratio = median(measured) / median(baseline);
    row(text, median(measured), median(baseline), ratio, ">=", bar, ratio >= bar);
  }

  /** A row with the ratio of two medians, which should be at most {@code bar}. */
  void ratioAtMost(String text, String measured, String baseline, double bar) {
    double ratio = median(measured) / median(baseline);
    row(text, median(measured), median(baseline), ratio, "<=", bar, ratio <= bar);
  }

  /** A row with the ratio of two medians, without a bar. */
  void ratio(String text, String measured, String baseline) {
    double ratio = median(measured) / median(baseline);
    rows.add(new Row(text, median(measured), median(baseline), ratio, "", true));
  }

  /** A row with one median, without a bar. */
  void figure(String text, String measured) {
    rows.add(new Row(text, median(measured), 0, median(measured), "", true));
  }

  /** A row with one median, which should be at most {@code bar}. */
  void atMost(String text, String measured, double bar) {
    row(text, median(measured), 0, median(measured), "<=", bar, median(measured) <= bar);
  }

  /** A row with one median, which should be at least {@code bar}. */
  void atLeast(String text, String measured, double bar) {
    row(text, median(measured), 0, median(measured), ">=", bar, median(measured) >= bar);
  }

  private void row(
      String text,
      double measured,
      double baseline,
      double figure,
      String relation,
      double bar,
      boolean met) {
    rows.add(new Row(text, measured, baseline, figure, relation + " " + bar, met));
  }

  /**
   * Prints the table and writes the file; nothing of both where there are no bars.
   *
   * @return whether every bar was met
   */
  boolean finish(Path file) throws IOException {
    if (rows.isEmpty()) {
      return true;
    }
    out.printf("%n%-58s %12s %12s %10s  %s%n", benchmark, "measured", "baseline", "figure", "bar");
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          "%-58s %12.1f %12.1f %10.3f  %s %s%n",
          row.what(),
          row.measured(),
          row.baseline(),
          row.figure(),
          row.bar(),
          row.bar().isEmpty() ? "" : row.met() ? "ok" : "MISSED");
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("benchmark", benchmark);
    document.put("java", Runtime.version().toString());
    document.put("processors", Runtime.getRuntime().availableProcessors());
    document.put("rows", rows.stream().map(Row::toMap).toList());
    document.put("samples", samples);
    Files.createDirectories(file.getParent());
    Files.writeString(file, Json.write(document) + "\n");
    out.println("samples: " + file);
    return rows.stream().allMatch(Row::met);
  }

  /**
   * One line of the table; {@code baseline} is 0 where the figure is no ratio, {@code bar} empty
   * where there is none.
   */
  private record Row(
      String what, double measured, double baseline, double figure, String bar, boolean met) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("what", what);
      map.put("measured", measured);
      map.put("baseline", baseline);
      map.put("figure", figure);
      map.put("bar", bar);
      map.put("met", met);
      return map;
    }
  }
}
