package io.emberfs.app.simulate;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads traces: text, or text compressed with Zstandard where the name ends in {@code .zst}. The
 * header is {@code time_us,volume,offset,length,op}; a volume is any word, an offset and a length
 * are bytes, the operation is R or W. A line that is anything else is refused with its number.
 */
public final class TraceReader {
  private static final String HEADER = "time_us,volume,offset,length,op";
  private static final int FIELD_COUNT = 5;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int FIRST_CAPACITY = 1 << 16;
  private static final long OFFSET_MAX = 1L << 62;

  private final Path file;
  private final Map<String, Integer> volumeNumbers = new HashMap<>();
  private long[] times = new long[FIRST_CAPACITY];
  private int[] volumes = new int[FIRST_CAPACITY];
  private long[] offsets = new long[FIRST_CAPACITY];
  private int[] lengths = new int[FIRST_CAPACITY];
  private int count;

  private TraceReader(Path file) {
    this.file = file;
  }

  /**
   * Reads a whole trace.
   *
   * @param requestsMax further requests are left out
   * @throws Refusal if there is no such file or a line of it is not understood
   */
  public static Trace read(Path file, long requestsMax) throws Refusal {
    return new TraceReader(file).readAll(requestsMax);
  }

  private Trace readAll(long requestsMax) throws Refusal {
    if (!Files.isRegularFile(file)) {
      throw refusal(ExitCode.USAGE, "there is no such file", "give a trace, CSV or CSV.zst");
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(open(), StandardCharsets.US_ASCII))) {
      if (!HEADER.equals(lines.readLine())) {
        throw refusal(ExitCode.FAILED, "line 1 is not the header", "begin it with " + HEADER);
      }
      int lineNumber = 1;
      for (String line = lines.readLine();
          line != null && count < requestsMax;
          line = lines.readLine()) {
        lineNumber++;
        parse(line, lineNumber);
      }
    } catch (IOException failure) {
      throw refusal(ExitCode.FAILED, failure.toString(), "see whether the file is whole");
    }
    if (count == 0) {
      throw refusal(ExitCode.FAILED, "it has no requests", "give a trace with at least one");
    }
    return new Trace(
        file.getFileName().toString().replaceFirst("\\.csv(\\.zst)?$", ""),
        Arrays.copyOf(times, count),
        Arrays.copyOf(volumes, count),
        Arrays.copyOf(offsets, count),
        Arrays.copyOf(lengths, count));
  }

  private InputStream open() throws IOException {
    InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
    return file.toString().endsWith(".zst") ? new ZstdInputStreamNoFinalizer(bytes) : bytes;
  }

  private void parse(String line, int lineNumber) throws Refusal {
    String[] fields = line.split(",", -1);
    if (fields.length != FIELD_COUNT) {
      throw malformed(lineNumber, fields.length + " fields instead of " + FIELD_COUNT);
    }
    grow();
    times[count] = number(fields[0], Long.MAX_VALUE, "time", lineNumber);
    volumes[count] = volumeNumbers.computeIfAbsent(fields[1], _ -> volumeNumbers.size());
    offsets[count] = number(fields[2], OFFSET_MAX, "offset", lineNumber);
    lengths[count] = (int) number(fields[3], Integer.MAX_VALUE, "length", lineNumber);
    if (lengths[count] == 0) {
      throw malformed(lineNumber, "a length of 0");
    }
    if (!fields[4].equals("R") && !fields[4].equals("W")) {
      throw malformed(lineNumber, "operation " + fields[4] + " is neither R nor W");
    }
    count++;
  }

  private long number(String field, long max, String what, int lineNumber) throws Refusal {
    try {
      long value = Long.parseLong(field);
      if (value >= 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException _) {
      // refused below
    }
    throw malformed(lineNumber, what + " " + field + " is no number from 0 to " + max);
  }

  private void grow() {
    if (count == offsets.length) {
      int capacity = Math.multiplyExact(count, 2);
      times = Arrays.copyOf(times, capacity);
      volumes = Arrays.copyOf(volumes, capacity);
      offsets = Arrays.copyOf(offsets, capacity);
      lengths = Arrays.copyOf(lengths, capacity);
    }
  }

  private Refusal malformed(int lineNumber, String why) {
    return refusal(
        ExitCode.FAILED, "line " + lineNumber + ": " + why, "mend the line or leave it out");
  }

  private Refusal refusal(ExitCode code, String why, String fix) {
    return new Refusal(code, "cannot read trace " + file, why, fix);
  }
}
