package io.emberfs.persistence.state;

import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file for each piece: a header of 96 bytes, little endian (magic, version, checksum of the
 * payload, its length, the name, checksum of the header), then the payload. A piece is verified
 * whole, in memory, before a byte of it is handed out; nothing is allocated for a file whose length
 * and header do not fit each other and the bound.
 *
 * <p>Any thread; one save of a name at a time.
 */
public final class FileStateStore implements StateStore {
  private static final Logger LOG = LoggerFactory.getLogger(FileStateStore.class);

  /** Bytes of a piece at most, in every state directory. */
  public static final int PIECE_BYTES_MAX = 64 << 20;

  static final String SUFFIX = ".state";
  private static final String NAME_PATTERN = "[a-z0-9-]{1,64}";
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int MAGIC_AND_VERSION = 0x01_53_53_45; // "ESS", version 1
  private static final int PAYLOAD_CHECKSUM_OFFSET = 4;
  private static final int LENGTH_OFFSET = 8;
  private static final int NAME_OFFSET = 16;
  private static final int NAME_BYTES = 64;
  private static final int HEADER_CHECKSUM_OFFSET = NAME_OFFSET + NAME_BYTES + 12;
  private static final int HEADER_BYTES = HEADER_CHECKSUM_OFFSET + Integer.BYTES;

  private final Path directory;
  private final int pieceBytesMax;
  private final Meters.Counter damaged;
  private final Meters.Counter failures;

  /** Why the present form of a piece is not on disk, by its name. */
  private final Map<String, String> unsaved = new ConcurrentSkipListMap<>();

  /**
   * @param directory where the files lie; it exists and is this store's alone
   * @param pieceBytesMax bytes of a piece at most, and so memory for a load
   */
  public FileStateStore(Path directory, int pieceBytesMax, Meters meters) {
    this.directory = directory;
    this.pieceBytesMax = pieceBytesMax;
    this.damaged = meters.counter("state.damaged");
    failures = meters.counter("state.failures");
    meters.text("state.trouble", this::trouble);
  }

  @Override
  public synchronized void save(String name, Writer writer) throws IOException {
    Path file = file(name);
    try {
      replace(file, name, writer);
      saved(name);
    } catch (IOException failure) {
      failed(name, failure);
      throw failure;
    }
  }

  /** Names that could not be saved lately are few: as many as there are pieces. */
  private void failed(String name, IOException failure) {
    failures.increment();
    if (unsaved.put(name, String.valueOf(failure.getMessage())) == null) {
      LOG.warn(
          "state: {} cannot be saved in {}, the mount goes on without: {}",
          name,
          directory,
          failure.getMessage());
    }
  }

  private void saved(String name) {
    if (unsaved.remove(name) != null) {
      LOG.info("state: {} is saved in {} again", name, directory);
    }
  }

  private String trouble() {
    List<String> each = new ArrayList<>();
    unsaved.forEach((name, why) -> each.add("%s cannot be saved: %s".formatted(name, why)));
    return String.join("; ", each);
  }

  private void replace(Path file, String name, Writer writer) throws IOException {
    AtomicFile.replace(
        file,
        channel -> {
          channel.position(HEADER_BYTES);
          BoundedOutput payload = new BoundedOutput(channel, name);
          DataOutputStream out =
              new DataOutputStream(new BufferedOutputStream(payload, BUFFER_BYTES));
          writer.write(out);
          out.flush();
          channel.position(0);
          AtomicFile.writeFully(
              channel, header(name, payload.length, (int) payload.checksum.getValue()));
        });
  }

  @Override
  public Optional<DataInputStream> load(String name) {
    Path file = file(name);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return Optional.of(new DataInputStream(new ByteArrayInputStream(verified(channel, name))));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (IOException damage) {
      damaged.increment();
      LOG.warn("state: {} is left out: {}", file, damage.getMessage());
      return Optional.empty();
    }
  }

  /**
   * A piece as it lies on disk.
   *
   * @param bytes of its file
   * @param problem why it would not be handed out; empty if it would
   */
  public record Piece(String name, long bytes, String problem) {}

  /**
   * Verifies every piece that lies there, each a little at a time. Counts and changes nothing.
   *
   * @throws IOException if the folder cannot be listed
   */
  List<Piece> inspect() throws IOException {
    return inspect(directory, pieceBytesMax);
  }

  /** As {@link #inspect()}, for a folder without a store; in the order of the names. */
  static List<Piece> inspect(Path folder, int pieceBytesMax) throws IOException {
    List<Piece> pieces = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(SUFFIX)) {
          pieces.add(
              inspect(file, name.substring(0, name.length() - SUFFIX.length()), pieceBytesMax));
        }
      }
    }
    return pieces;
  }

  private static Piece inspect(Path file, String name, int pieceBytesMax) {
    long bytes = 0;
    String problem = "";
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      bytes = channel.size();
      if (!name.matches(NAME_PATTERN)) {
        throw new IOException("it has no name of a piece");
      }
      ByteBuffer header = verifiedHeader(channel, name, pieceBytesMax);
      CRC32C checksum = new CRC32C();
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      while (channel.read(buffer) >= 0) {
        checksum.update(buffer.flip());
        buffer.clear();
      }
      requireChecksum(checksum, header);
    } catch (NoSuchFileException replaced) {
      return new Piece(name, bytes, "it has gone");
    } catch (IOException damage) {
      problem = String.valueOf(damage.getMessage());
    }
    return new Piece(name, bytes, problem);
  }

  @Override
  public synchronized void remove(String name) throws IOException {
    if (Files.deleteIfExists(file(name))) {
      AtomicFile.syncDirectory(directory);
    }
  }

  private byte[] verified(FileChannel channel, String name) throws IOException {
    ByteBuffer header = verifiedHeader(channel, name, pieceBytesMax);
    byte[] payload = read(channel, (int) header.getLong(LENGTH_OFFSET)).array();
    CRC32C checksum = new CRC32C();
    checksum.update(payload);
    requireChecksum(checksum, header);
    return payload;
  }

  private static void requireChecksum(CRC32C checksum, ByteBuffer header) throws IOException {
    if ((int) checksum.getValue() != header.getInt(PAYLOAD_CHECKSUM_OFFSET)) {
      throw new IOException("its checksum does not match");
    }
  }

  private static ByteBuffer verifiedHeader(FileChannel channel, String name, int pieceBytesMax)
      throws IOException {
    ByteBuffer header = read(channel, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long length = header.getLong(LENGTH_OFFSET);
    if (!header.equals(header(name, length, header.getInt(PAYLOAD_CHECKSUM_OFFSET)))) {
      throw new IOException("its header is damaged, of another version or of another piece");
    }
    if (length < 0 || length > pieceBytesMax || channel.size() != HEADER_BYTES + length) {
      throw new IOException("%d bytes of file for a piece of %d".formatted(channel.size(), length));
    }
    return header;
  }

  private static ByteBuffer read(FileChannel channel, int bytes) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(bytes);
    while (target.hasRemaining()) {
      if (channel.read(target) < 0) {
        throw new IOException("it ends after %d bytes".formatted(channel.position()));
      }
    }
    return target.flip();
  }

  private static ByteBuffer header(String name, long length, int payloadChecksum) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0, MAGIC_AND_VERSION);
    header.putInt(PAYLOAD_CHECKSUM_OFFSET, payloadChecksum);
    header.putLong(LENGTH_OFFSET, length);
    header.put(NAME_OFFSET, name.getBytes(StandardCharsets.US_ASCII));
    CRC32C checksum = new CRC32C();
    checksum.update(header.slice(0, HEADER_CHECKSUM_OFFSET));
    return header.putInt(HEADER_CHECKSUM_OFFSET, (int) checksum.getValue());
  }

  private Path file(String name) {
    if (!name.matches(NAME_PATTERN)) {
      throw new IllegalArgumentException("piece name " + name);
    }
    return directory.resolve(name + SUFFIX);
  }

  /** Counts and sums what goes to the file, and refuses to go on past the bound. */
  private final class BoundedOutput extends OutputStream {
    private final FileChannel channel;
    private final String name;
    private final CRC32C checksum = new CRC32C();
    private long length;

    BoundedOutput(FileChannel channel, String name) {
      this.channel = channel;
      this.name = name;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      if (length + count > pieceBytesMax) {
        throw new IOException("piece %s is longer than %d bytes".formatted(name, pieceBytesMax));
      }
      checksum.update(bytes, offset, count);
      length += count;
      AtomicFile.writeFully(channel, ByteBuffer.wrap(bytes, offset, count));
    }
  }
}
