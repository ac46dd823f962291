package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.Json;
import io.emberfs.app.daemon.StateDirectoryRefusals;
import io.emberfs.persistence.journal.JournalFindings;
import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.persistence.journal.NewerJournalException;
import io.emberfs.persistence.ssd.DatabaseCheck;
import io.emberfs.persistence.state.StateCheck;
import io.emberfs.persistence.state.StateCheck.Purpose;
import io.emberfs.persistence.state.StateDirectoryException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code fsck}: verifies a state directory that no mount has, and takes out what is bad if it is
 * told to. Without that it changes nothing at all. The backing is not asked.
 */
@Command(
    name = "fsck",
    description = "Verify the state directory of a backing that is not mounted.",
    sortOptions = false)
final class FsckVerb implements Verb {
  @Parameters(index = "0", paramLabel = "STATE-DIR", description = "as --state-dir of mount")
  private Path directory = Path.of("");

  @Option(names = "--repair", description = "remove what is bad; never anything of the journal")
  private boolean repair;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Path place = console.directory().resolve(directory);
    try (StateCheck state = StateCheck.open(place, repair ? Purpose.REPAIR : Purpose.LOOK)) {
      Look look = Look.at(state);
      List<String> done = new ArrayList<>();
      List<String> left = look.problems();
      if (repair && !left.isEmpty()) {
        done.addAll(state.repair());
        // What was set aside with the state is not there any more.
        done.addAll(DatabaseCheck.of(state.ssd()).repair());
        left = Look.at(state).problems();
      }
      if (json) {
        console.out().println(Json.write(document(place, look, done, left)));
      } else {
        print(console.out(), place, look, done, left);
      }
      return left.isEmpty() ? ExitCode.OK : ExitCode.FOUND_PROBLEMS;
    } catch (StateDirectoryException failed) {
      throw StateDirectoryRefusals.ofLook("cannot check " + place, failed);
    }
  }

  /**
   * What lies in a state directory.
   *
   * @param backing what it belongs to, where that is known
   * @param problems a line for each
   * @param notes what is worth knowing and not wrong, a line for each
   * @param counts what was found whole, by its name in the JSON
   */
  private record Look(
      Optional<Path> backing, List<String> problems, List<String> notes, Map<String, Long> counts) {
    static Look at(StateCheck state) throws IOException {
      List<String> problems = new ArrayList<>(state.problems());
      List<String> notes = new ArrayList<>(state.notes());
      DatabaseCheck database = DatabaseCheck.of(state.ssd());
      database.problems().forEach(problem -> problems.add("ssd: " + problem));
      lookAtJournal(state.journal(), problems, notes);
      Map<String, Long> counts = new LinkedHashMap<>();
      counts.put("blocks", database.blockCount());
      counts.put("blockBytes", database.storedBytes());
      counts.put("fileRecords", database.fileRecordCount());
      counts.put("pieces", state.wholePieceCount());
      return new Look(state.backing(), problems, notes, counts);
    }

    long count(String name) {
      return counts.getOrDefault(name, 0L);
    }
  }

  /** The journal is no cache: what lies there is named, and left to the next mount. */
  private static void lookAtJournal(Path journal, List<String> problems, List<String> notes)
      throws IOException {
    JournalFindings found;
    try {
      found = JournalScan.read(journal, (_, _) -> {});
    } catch (NewerJournalException newer) {
      problems.add("journal: " + newer.getMessage());
      return;
    }
    if (found.records() > 0) {
      notes.add(
          "journal: %d records (%s) of changes that the backing may not have; the next mount takes"
                  .formatted(found.records(), ByteSize.format(found.bytes()))
              + " them up");
    }
    if (found.isDamaged()) {
      problems.add(
          "journal: at least %d records that were durable cannot be read; damaged: %s"
              .formatted(found.missingRecords(), String.join(", ", found.damagedSegments())));
    }
    if (!found.setAside().isEmpty()) {
      notes.add(
          "journal: set aside as damaged, and never deleted: "
              + String.join(", ", found.setAside()));
    } else if (found.records() == 0 && JournalScan.holdsRecords(journal) && !found.isDamaged()) {
      notes.add("journal: holds something that is not its own, which stays");
    }
  }

  private Map<String, Object> document(
      Path place, Look look, List<String> done, List<String> left) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("directory", place.toString());
    document.put("backing", look.backing().map(Path::toString).orElse(""));
    document.put("clean", left.isEmpty());
    document.put("checked", look.counts());
    document.put("problems", look.problems());
    document.put("notes", look.notes());
    document.put("done", done);
    document.put("left", left);
    return document;
  }

  private void print(PrintStream out, Path place, Look look, List<String> done, List<String> left) {
    look.problems().forEach(problem -> out.println("problem: " + problem));
    look.notes().forEach(note -> out.println("note: " + note));
    done.forEach(step -> out.println("done: " + step));
    if (repair) {
      left.forEach(problem -> out.println("left: " + problem));
    }
    out.printf(
        "%s: whole are blocks: %d (%s), file records: %d, saved pieces: %d; %s%n",
        place,
        look.count("blocks"),
        ByteSize.format(look.count("blockBytes")),
        look.count("fileRecords"),
        look.count("pieces"),
        verdict(look, left));
  }

  private String verdict(Look look, List<String> left) {
    if (look.problems().isEmpty()) {
      return "no problems";
    }
    String found = count(look.problems().size());
    if (!repair) {
      return found + "; --repair removes what is bad";
    }
    return left.isEmpty() ? found + ", repaired" : found + ", " + left.size() + " left";
  }

  private static String count(int problems) {
    return problems == 1 ? "1 problem" : problems + " problems";
  }
}
