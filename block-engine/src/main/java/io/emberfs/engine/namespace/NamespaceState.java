package io.emberfs.engine.namespace;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.StateStore;
import io.emberfs.engine.backing.Names;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The saved form of what is remembered: the id that the backing's mark must show, the root that it
 * is of, then the nodes one by one. Any part of the nodes is as good as all, so what does not fit
 * into a piece is left out.
 *
 * <p>Left out are also nodes of other file systems that are mounted below the root: the mark does
 * not speak for them. Another one may be mounted at the next start, their changes are not synced
 * with it, and of two clones of one file system the numbers may be swapped in another run.
 *
 * <p>What is read may be anything: memory for it is bounded by its length, and whatever is not as
 * it was written is damage, which is an {@link IOException}.
 */
final class NamespaceState {
  private static final String PIECE = "namespace";
  private static final int FORMAT = 1;

  /** Nodes end here: below the bound of a piece by more than the largest node of most trees. */
  private static final long BYTES_MAX = 60L << 20;

  private static final int TYPE_BITS = 0170000;
  private static final int BYTE_MAX = 255;
  private static final int SHORT_MAX = 65535;

  private static final int NODE_SIZE_MAX = 128;
  private static final int ANSWER_SIZE_MAX = 16;
  private static final int END = 0;
  private static final int NODE = 1; // or one more of what follows it

  // Parts of a node that are there.
  private static final int ATTRIBUTES = 1;
  private static final int LINK_TARGET = 2;
  private static final int EXTENDED_NAMES = 4;
  private static final int LISTING = 8;
  private static final int EXACT = 16;
  private static final int PARTS = 31;

  // What is known of an entry's child.
  private static final int UNKNOWN = 0;
  private static final int KNOWN = 1;

  // What follows of an extended attribute's name.
  private static final int KNOWN_NAME = 0;
  private static final int NEW_NAME = 1;

  private NamespaceState() {}

  /**
   * What a piece begins with.
   *
   * @param root which directory it is of
   */
  record Header(MarkId id, NodeIdentity root) {}

  /** A piece whose header was read; its nodes follow. */
  record Opened(Header header, DataInputStream in) {}

  // Saving.

  /**
   * Replaces the saved piece.
   *
   * @throws IOException if it cannot be stored; the old one is still there
   */
  static void save(StateStore store, Header header, NamespaceMemory memory) throws IOException {
    store.save(PIECE, out -> new Saving(out).write(header, memory));
  }

  /** Removes the saved piece, if there is one. */
  static void remove(StateStore store) throws IOException {
    store.remove(PIECE);
  }

  private static final class Saving {
    private final DataOutput out;
    private final Map<EntryName, Integer> attributeNames = new HashMap<>();
    private long written;

    Saving(DataOutput out) {
      this.out = out;
    }

    void write(Header header, NamespaceMemory memory) throws IOException {
      out.writeInt(FORMAT);
      out.writeLong(header.id().high());
      out.writeLong(header.id().low());
      writeIdentity(header.root());
      try {
        memory.forEachSaved((identity, saved) -> {
          // The root is looked at by each mount, and changed by the mark itself.
          boolean isRoot = identity.equals(header.root());
          try {
            if (identity.fileSystemId() == header.root().fileSystemId()) {
              writeNode(identity, saved, isRoot);
            }
          } catch (IOException failed) {
            throw new UncheckedIOException(failed);
          }
        });
      } catch (UncheckedIOException failed) {
        throw failed.getCause();
      }
      out.writeByte(END);
    }

    private void writeNode(NodeIdentity identity, NodeMemory.Saved saved, boolean isRoot)
        throws IOException {
      Listing listing = saved.listing();
      long size = sizeMax(saved);
      if (written + size > BYTES_MAX) {
        return;
      }
      written += size;
      Attributes attributes = isRoot ? null : saved.attributes();
      byte[] linkTarget = saved.linkTarget();
      byte[] extendedNames = saved.extendedNames();
      out.writeByte(NODE);
      writeIdentity(identity);
      out.writeByte(
          (attributes == null ? 0 : ATTRIBUTES)
              | (linkTarget == null ? 0 : LINK_TARGET)
              | (extendedNames == null ? 0 : EXTENDED_NAMES)
              | (listing == null ? 0 : LISTING)
              | (saved.isExact() ? EXACT : 0));
      if (attributes != null) {
        writeAttributes(attributes);
      }
      if (linkTarget != null) {
        writeBytes(linkTarget);
      }
      if (extendedNames != null) {
        writeBytes(extendedNames);
      }
      for (ExtendedAnswer each = saved.extended(); each != null; each = each.next()) {
        writeAnswer(each);
      }
      out.writeByte(END);
      for (SeekAnswer each = saved.seeks(); each != null; each = each.next()) {
        out.writeByte(NODE);
        out.writeLong(each.offset());
        out.writeByte(each.whence());
        out.writeLong(each.position());
        out.writeInt(each.errno());
      }
      out.writeByte(END);
      if (listing != null) {
        writeListing(listing, identity.fileSystemId());
      }
    }

    /** Bytes that a node takes at most. */
    private static long sizeMax(NodeMemory.Saved saved) {
      long size = NODE_SIZE_MAX;
      size += saved.linkTarget() == null ? 0 : saved.linkTarget().length;
      size += saved.extendedNames() == null ? 0 : saved.extendedNames().length;
      for (ExtendedAnswer each = saved.extended(); each != null; each = each.next()) {
        size += ANSWER_SIZE_MAX + each.name().bytes().length + each.value().length;
      }
      size += (long) SeekAnswer.count(saved.seeks()) * SeekAnswer.BYTES;
      // An entry takes less here than in memory.
      return saved.listing() == null ? size : size + saved.listing().bytes();
    }

    private void writeIdentity(NodeIdentity identity) throws IOException {
      out.writeLong(identity.fileSystemId());
      out.writeLong(identity.inode());
      out.writeLong(identity.inodeGeneration());
    }

    private void writeAttributes(Attributes attributes) throws IOException {
      out.writeLong(attributes.inode());
      out.writeLong(attributes.size());
      out.writeLong(attributes.blocks());
      out.writeLong(attributes.atimeNanos());
      out.writeLong(attributes.mtimeNanos());
      out.writeLong(attributes.ctimeNanos());
      out.writeInt(attributes.mode());
      out.writeInt(attributes.linkCount());
      out.writeInt(attributes.uid());
      out.writeInt(attributes.gid());
      out.writeInt(attributes.rdev());
      out.writeInt(attributes.blockSize());
      out.writeLong(attributes.birthNanos());
    }

    private void writeAnswer(ExtendedAnswer answer) throws IOException {
      out.writeByte(NODE);
      Integer known = attributeNames.get(answer.name());
      if (known != null) {
        out.writeByte(KNOWN_NAME);
        out.writeShort(known);
      } else {
        out.writeByte(NEW_NAME);
        writeName(answer.name());
        if (attributeNames.size() < SHORT_MAX) {
          attributeNames.put(answer.name(), attributeNames.size());
        }
      }
      out.writeInt(answer.errno());
      writeBytes(answer.value());
    }

    private void writeListing(Listing listing, long fileSystemId) throws IOException {
      out.writeInt(listing.entries().size());
      for (Listing.Entry entry : listing.entries()) {
        writeName(entry.name());
        out.writeLong(entry.inode());
        out.writeByte(entry.type());
        out.writeLong(entry.cookie());
        Child child = entry.child();
        if (child == null || child.identity().fileSystemId() != fileSystemId) {
          out.writeByte(UNKNOWN);
          continue;
        }
        out.writeByte(KNOWN);
        out.writeLong(child.identity().inode());
        out.writeLong(child.identity().inodeGeneration());
        out.writeShort(child.type());
      }
    }

    private void writeName(EntryName name) throws IOException {
      out.writeByte(name.bytes().length);
      out.write(name.bytes());
    }

    /** As long as a value that is remembered, or a link's target, can be. */
    private void writeBytes(byte[] bytes) throws IOException {
      out.writeShort(bytes.length);
      out.write(bytes);
    }
  }

  // Loading.

  /**
   * Opens the saved piece; empty if there is none that verifies.
   *
   * @throws IOException if its header is damaged
   */
  static Optional<Opened> open(StateStore store) throws IOException {
    DataInputStream in = store.load(PIECE).orElse(null);
    if (in == null) {
      return Optional.empty();
    }
    if (in.readInt() != FORMAT) {
      throw new IOException("it has another format");
    }
    MarkId id = new MarkId(in.readLong(), in.readLong());
    return Optional.of(new Opened(new Header(id, readIdentity(in)), in));
  }

  /**
   * Takes up the nodes of a piece, as many as the memory's bound allows.
   *
   * @throws IOException if they are damaged; some may have been taken up then
   */
  static void load(Opened opened, NamespaceMemory memory) throws IOException {
    new Loading(opened, memory).read();
  }

  private static NodeIdentity readIdentity(DataInputStream in) throws IOException {
    return new NodeIdentity(in.readLong(), in.readLong(), in.readLong());
  }

  private static final class Loading {
    private final DataInputStream in;
    private final long fileSystemId;
    private final NamespaceMemory memory;
    private final List<EntryName> attributeNames = new ArrayList<>();

    Loading(Opened opened, NamespaceMemory memory) {
      in = opened.in();
      fileSystemId = opened.header().root().fileSystemId();
      this.memory = memory;
    }

    void read() throws IOException {
      while (isMore()) {
        NodeIdentity identity = readIdentity(in);
        if (!memory.restore(identity, readNode(identity))) {
          return;
        }
      }
      if (in.read() >= 0) {
        throw new IOException("it goes on behind its end");
      }
    }

    private boolean isMore() throws IOException {
      return switch (in.readUnsignedByte()) {
        case END -> false;
        case NODE -> true;
        default -> throw new IOException("something unknown in place of the next part");
      };
    }

    private NodeMemory.Saved readNode(NodeIdentity identity) throws IOException {
      if (identity.inodeGeneration() == 0 || identity.fileSystemId() != fileSystemId) {
        throw new IOException("a node that is never saved");
      }
      int parts = in.readUnsignedByte();
      if ((parts & ~PARTS) != 0) {
        throw new IOException("unknown parts of a node");
      }
      Attributes attributes = (parts & ATTRIBUTES) == 0 ? null : readAttributes();
      byte[] linkTarget = (parts & LINK_TARGET) == 0 ? null : readBytes();
      byte[] extendedNames = (parts & EXTENDED_NAMES) == 0 ? null : readBytes();
      ExtendedAnswer extended = null;
      for (int count = 0; isMore(); count++) {
        if (count == NodeMemory.ANSWERS_MAX) {
          throw new IOException("more extended attributes than are remembered");
        }
        extended = readAnswer(extended);
      }
      SeekAnswer seeks = null;
      for (int count = 0; isMore(); count++) {
        if (count == NodeMemory.ANSWERS_MAX) {
          throw new IOException("more answers about holes than are remembered");
        }
        seeks = readSeek(seeks);
      }
      Listing listing = (parts & LISTING) == 0 ? null : readListing();
      return new NodeMemory.Saved(
          attributes, linkTarget, extended, extendedNames, seeks, listing, (parts & EXACT) != 0);
    }

    private Attributes readAttributes() throws IOException {
      return new Attributes(
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readLong());
    }

    private ExtendedAnswer readAnswer(@Nullable ExtendedAnswer next) throws IOException {
      EntryName name = readAttributeName();
      int errno = in.readInt();
      byte[] value = readBytes();
      if (errno < 0) {
        throw new IOException("an answer with errno " + errno);
      }
      return new ExtendedAnswer(name, value, errno, next);
    }

    private SeekAnswer readSeek(@Nullable SeekAnswer next) throws IOException {
      SeekAnswer read =
          new SeekAnswer(in.readLong(), in.readUnsignedByte(), in.readLong(), in.readInt(), next);
      if (read.offset() < 0 || read.position() < 0 || read.errno() < 0) {
        throw new IOException("an answer about holes that nobody gives");
      }
      return read;
    }

    private EntryName readAttributeName() throws IOException {
      return switch (in.readUnsignedByte()) {
        case KNOWN_NAME -> {
          int index = in.readUnsignedShort();
          if (index >= attributeNames.size()) {
            throw new IOException("a name that was not there before");
          }
          yield attributeNames.get(index);
        }
        case NEW_NAME -> {
          EntryName read = memory.attributeName(readName());
          if (attributeNames.size() < SHORT_MAX) {
            attributeNames.add(read);
          }
          yield read;
        }
        default -> throw new IOException("an unknown kind of name");
      };
    }

    /** Null if it is longer than what this mount remembers of a directory. */
    private @Nullable Listing readListing() throws IOException {
      int count = in.readInt();
      if (count < 0 || count > in.available()) {
        throw new IOException("a directory of " + count + " entries");
      }
      List<Listing.Entry> entries = new ArrayList<>();
      long bytes = 0;
      for (int i = 0; i < count; i++) {
        EntryName name = readName();
        Listing.Entry entry =
            new Listing.Entry(name, in.readLong(), in.readUnsignedByte(), in.readLong());
        Child child = readChild();
        if (child != null) {
          requireEntry(name);
          entry.setChild(child);
        }
        bytes += Listing.ENTRY_BYTES + name.bytes().length;
        if (bytes <= memory.listingBytesMax()) {
          entries.add(entry);
        }
      }
      return bytes <= memory.listingBytesMax() ? new Listing(entries) : null;
    }

    private @Nullable Child readChild() throws IOException {
      int kind = in.readUnsignedByte();
      if (kind == UNKNOWN) {
        return null;
      }
      if (kind != KNOWN) {
        throw new IOException("an unknown kind of child");
      }
      NodeIdentity identity = new NodeIdentity(fileSystemId, in.readLong(), in.readLong());
      int type = in.readUnsignedShort();
      if ((type & ~TYPE_BITS) != 0 || identity.inodeGeneration() == 0) {
        throw new IOException("a child that is never saved");
      }
      return new Child(identity, type);
    }

    private static void requireEntry(EntryName name) throws IOException {
      try {
        byte[] _ = Names.checkEntry(name.bytes());
      } catch (BackingException refused) {
        throw new IOException("a name that no entry has", refused);
      }
    }

    private EntryName readName() throws IOException {
      int length = in.readUnsignedByte();
      if (length == 0 || length > BYTE_MAX) {
        throw new IOException("a name of " + length + " bytes");
      }
      return new EntryName(read(length));
    }

    private byte[] readBytes() throws IOException {
      return read(in.readUnsignedShort());
    }

    private byte[] read(int length) throws IOException {
      byte[] bytes = new byte[length];
      in.readFully(bytes);
      return bytes;
    }
  }
}
