package io.emberfs.app.command;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads files past the kernel's pages, so that every byte is asked of the mount. */
final class UncachedReader {
  private static final int READ_BYTES = 1 << 20;

  private UncachedReader() {}

  /**
   * Reads a file and keeps nothing. What became something else than a regular file is left alone.
   *
   * @param sizeMax bytes to read at most: a file may grow for ever
   */
  static void read(Path file, long sizeMax) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int alignment = (int) Math.clamp(Files.getFileStore(file).getBlockSize(), 512, READ_BYTES);
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(READ_BYTES + alignment)
            .alignedSlice(alignment)
            .slice(0, READ_BYTES);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS, ExtendedOpenOption.DIRECT)) {
      long position = 0;
      // A read that is not full is the last one: the next would not be aligned.
      while (position < sizeMax && channel.read(buffer.clear(), position) == READ_BYTES) {
        position += READ_BYTES;
      }
    }
  }
}
