package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One program that writes 4 KiB at random places of a file and syncs each before the next. */
final class SyncedWrites implements DurableWrites.Work {
  static final String NAME = "4K writes with fsync";

  private static final Path FILE = Path.of("random.dat");
  private static final long FILE_BYTES = 64L << 20;
  private static final int SECONDS = 5;
  private static final int SEED = 21;
  private static final double NANOS_PER_MILLI = 1e6;

  private long writtenBytes;

  @Override
  public void prepare(Path folder) throws IOException {
    new SampleTree(5).writeFile(folder.resolve(FILE), FILE_BYTES);
  }

  @Override
  public void write(String side, Path folder, List<String> prefix, Report report)
      throws IOException {
    Fio.Synced result =
        Fio.synced(folder.resolve(FILE), SECONDS, FILE_BYTES, SEED).runSynced(prefix);
    report.add(DurableWrites.perSecond(side, NAME), result.perSecond());
    report.add(side + " p99 ms", result.p99Nanos() / NANOS_PER_MILLI);
    writtenBytes = result.byteCount();
  }

  @Override
  public void verify(Path folder) throws IOException {
    Fio.verify(folder.resolve(FILE), writtenBytes, SEED);
  }
}
