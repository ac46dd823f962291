package io.emberfs.engine.pin;

import io.emberfs.core.NodeIdentity;
import io.emberfs.core.Pins;
import io.emberfs.core.StateStore;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The pins on disk: which mounted directory they were made in, and path by path in which tiers.
 * What is read is taken for hostile: a piece that is not exactly what would have been written is no
 * piece at all.
 *
 * @param root the directory that was mounted when the last pin was made
 * @param pins in the order of their paths, their files not known
 */
record PinState(NodeIdentity root, List<PinnedPath> pins) {
  static final String PIECE = "pins";
  private static final int FORMAT = 1;

  PinState {
    pins = List.copyOf(pins);
  }

  /** Replaces what is saved. */
  static void save(StateStore store, NodeIdentity root, Collection<PinnedPath> pins)
      throws IOException {
    store.save(PIECE, out -> write(root, pins, out));
  }

  private static void write(NodeIdentity root, Collection<PinnedPath> pins, DataOutput out)
      throws IOException {
    out.writeInt(FORMAT);
    out.writeLong(root.fileSystemId());
    out.writeLong(root.inode());
    out.writeLong(root.inodeGeneration());
    out.writeInt(pins.size());
    for (PinnedPath pin : pins) {
      out.writeByte(pin.tiers());
      out.writeByte(pin.forced());
      out.writeLong(pin.sizeBytes());
      byte[] path = pin.path().getBytes(StandardCharsets.ISO_8859_1);
      out.writeShort(path.length);
      out.write(path);
    }
  }

  /**
   * What was saved; empty if there is nothing.
   *
   * @throws IOException if what is there cannot be believed
   */
  static Optional<PinState> load(StateStore store) throws IOException {
    Optional<DataInputStream> piece = store.load(PIECE);
    if (piece.isEmpty()) {
      return Optional.empty();
    }
    try (DataInputStream in = piece.get()) {
      return Optional.of(read(in));
    }
  }

  private static PinState read(DataInputStream in) throws IOException {
    require(in.readInt() == FORMAT, "another format");
    NodeIdentity root = new NodeIdentity(in.readLong(), in.readLong(), in.readLong());
    int count = in.readInt();
    require(count >= 0 && count <= Pins.FILES_MAX, "too many pins");
    List<PinnedPath> pins = new ArrayList<>();
    String last = "";
    for (int i = 0; i < count; i++) {
      int tiers = in.readUnsignedByte();
      int forced = in.readUnsignedByte();
      require(
          tiers != 0 && (tiers & ~(PinnedPath.RAM | PinnedPath.SSD)) == 0 && (forced & ~tiers) == 0,
          "unknown tiers");
      long sizeBytes = in.readLong();
      require(sizeBytes >= 0, "a size below 0");
      int length = in.readUnsignedShort();
      require(length <= PinnedPath.PATH_BYTES_MAX, "a path too long");
      String path = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
      require(path.length() == length && isRelative(path), "no path");
      require(path.compareTo(last) > 0, "paths out of order");
      pins.add(new PinnedPath(path, tiers, forced, PinnedPath.UNKNOWN, sizeBytes));
      last = path;
    }
    require(in.read() == -1, "more than it says");
    return new PinState(root, pins);
  }

  /** Whether a path names something below the mounted directory, whatever names there are. */
  static boolean isRelative(String path) {
    if (path.indexOf('\0') >= 0) {
      return false;
    }
    for (String name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return true;
  }

  private static void require(boolean isSo, String otherwise) throws IOException {
    if (!isSo) {
      throw new IOException("the saved pins have " + otherwise);
    }
  }
}
