package io.emberfs.testkit;

import io.emberfs.core.StateStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keeps pieces in memory. One lock for everything. */
public final class FakeStateStore implements StateStore {
  private static final String NAME_PATTERN = "[a-z0-9-]{1,64}";

  private final int pieceBytesMax;
  private final Map<String, byte[]> pieces = new HashMap<>();

  /**
   * @param pieceBytesMax bytes of a piece at most
   */
  public FakeStateStore(int pieceBytesMax) {
    this.pieceBytesMax = pieceBytesMax;
  }

  @Override
  public synchronized void save(String name, Writer writer) throws IOException {
    requireName(name);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writer.write(new DataOutputStream(bytes));
    if (bytes.size() > pieceBytesMax) {
      throw new IOException("piece %s is longer than %d bytes".formatted(name, pieceBytesMax));
    }
    pieces.put(name, bytes.toByteArray());
  }

  @Override
  public synchronized Optional<DataInputStream> load(String name) {
    requireName(name);
    byte[] piece = pieces.get(name);
    return piece == null
        ? Optional.empty()
        : Optional.of(new DataInputStream(new ByteArrayInputStream(piece)));
  }

  @Override
  public synchronized void remove(String name) {
    requireName(name);
    pieces.remove(name);
  }

  private static void requireName(String name) {
    if (!name.matches(NAME_PATTERN)) {
      throw new IllegalArgumentException("piece name " + name);
    }
  }
}
