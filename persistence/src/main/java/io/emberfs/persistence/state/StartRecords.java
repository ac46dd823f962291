package io.emberfs.persistence.state;

import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The starts after an unclean end that are remembered: the last {@link #RECORDS_MAX}, in one piece
 * of warm state. What is read is hostile until it was understood whole.
 *
 * @param records in the order of their ids
 * @param isDamaged whether there was something that could not be understood; then there is no
 *     record
 */
public record StartRecords(List<StartRecord> records, boolean isDamaged) {
  /** Records that are kept at most; the oldest go first. */
  public static final int RECORDS_MAX = 100;

  static final String PIECE = "starts";

  /** More than all records at their longest, and little enough for a small process. */
  private static final int PIECE_BYTES_MAX = 8 << 20;

  private static final int FORMAT = 1;
  private static final int COUNT = 0;
  private static final int TEXT = 1;

  public StartRecords {
    records = List.copyOf(records);
  }

  /**
   * Looks at the records of a state directory, which a daemon may have; changes nothing.
   *
   * @throws StateDirectoryException if it is none, or may not be read
   */
  public static StartRecords look(Path directory) throws StateDirectoryException {
    try {
      FormatFile _ = StateCheck.requireState(directory);
      Meters meters = new Meters();
      StartRecords records =
          load(
              new FileStateStore(directory.resolve(StateDirectory.STATE), PIECE_BYTES_MAX, meters));
      boolean isDamaged = records.isDamaged() || meters.counter("state.damaged").value() > 0;
      return new StartRecords(records.records(), isDamaged);
    } catch (StateDirectoryException refusal) {
      throw refusal;
    } catch (IOException failure) {
      throw StateDirectoryException.explained(directory, failure);
    }
  }

  /** What a store has; a piece that the store does not give is no record, and not damaged here. */
  static StartRecords load(StateStore store) {
    Optional<DataInputStream> piece = store.load(PIECE);
    if (piece.isEmpty()) {
      return new StartRecords(List.of(), false);
    }
    try (DataInputStream in = piece.get()) {
      return new StartRecords(read(in), false);
    } catch (IOException damage) {
      return new StartRecords(List.of(), true);
    }
  }

  /** The id after the last one. */
  long nextId() {
    return records.isEmpty() ? 1 : records.getLast().id() + 1;
  }

  /** These records and one more, or with the one of the same id replaced. */
  StartRecords with(StartRecord record) {
    List<StartRecord> all = new ArrayList<>(records);
    all.removeIf(each -> each.id() == record.id());
    all.add(record);
    return new StartRecords(all.subList(Math.max(0, all.size() - RECORDS_MAX), all.size()), false);
  }

  /**
   * Replaces what is stored.
   *
   * @throws IOException if that failed; the old records are then still there
   */
  void save(StateStore store) throws IOException {
    store.save(PIECE, this::write);
  }

  private void write(DataOutput out) throws IOException {
    out.writeInt(FORMAT);
    out.writeInt(records.size());
    for (StartRecord record : records) {
      out.writeLong(record.id());
      write(record.lost(), out);
      write(record.run(), out);
      out.writeLong(record.answerMillis());
      out.writeInt(record.found().size());
      for (Map.Entry<String, Object> line : record.found().entrySet()) {
        out.writeUTF(line.getKey());
        if (line.getValue() instanceof Long count) {
          out.writeByte(COUNT);
          out.writeLong(count);
        } else {
          out.writeByte(TEXT);
          out.writeUTF(line.getValue().toString());
        }
      }
    }
  }

  private static void write(Run run, DataOutput out) throws IOException {
    out.writeLong(run.beganMillis());
    out.writeLong(run.pid());
    out.writeUTF(run.version());
  }

  private static List<StartRecord> read(DataInputStream in) throws IOException {
    require(in.readInt() == FORMAT, "another format");
    int count = in.readInt();
    require(count >= 0 && count <= RECORDS_MAX, "too many records");
    List<StartRecord> records = new ArrayList<>();
    long last = 0;
    for (int i = 0; i < count; i++) {
      long id = in.readLong();
      require(id > last && id < Long.MAX_VALUE, "ids out of order");
      last = id;
      Run lost = readRun(in);
      Run run = readRun(in);
      long answerMillis = in.readLong();
      require(answerMillis >= StartRecord.NOT_ANSWERED, "an answer before the start");
      records.add(new StartRecord(id, lost, run, answerMillis, readFound(in)));
    }
    require(in.read() == -1, "more than it says");
    return records;
  }

  private static Run readRun(DataInputStream in) throws IOException {
    long beganMillis = in.readLong();
    long pid = in.readLong();
    String version = in.readUTF();
    require(version.length() <= Run.VERSION_LENGTH_MAX, "a version too long");
    return new Run(beganMillis, pid, version);
  }

  private static Map<String, Object> readFound(DataInputStream in) throws IOException {
    int count = in.readInt();
    require(count >= 0 && count <= StartFindings.LINES_MAX, "too many lines");
    Map<String, Object> found = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String name = in.readUTF();
      require(name.matches(StartFindings.NAME_PATTERN), "no name");
      Object value =
          switch (in.readUnsignedByte()) {
            case COUNT -> in.readLong();
            case TEXT -> in.readUTF();
            default -> throw new IOException("the starts have an unknown line");
          };
      require(found.put(name, value) == null, "a line twice");
      require(
          !(value instanceof String text) || text.length() <= StartFindings.TEXT_LENGTH_MAX,
          "a text too long");
    }
    return found;
  }

  private static void require(boolean isSo, String otherwise) throws IOException {
    if (!isSo) {
      throw new IOException("the starts have " + otherwise);
    }
  }
}
