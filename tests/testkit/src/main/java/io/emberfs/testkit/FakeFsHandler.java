package io.emberfs.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.Attributes;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A flat directory of files whose bytes lie in native memory: what a transport needs to be tried
 * without a file system. Files are added before it is used; their bytes may be read and written
 * through it.
 */
public final class FakeFsHandler implements FsHandler {
  private static final long ROOT_ID = 1;
  private static final int DIRECTORY_MODE = 0040755;
  private static final int FILE_MODE = 0100666;
  private static final int TYPE_DIRECTORY = 4;
  private static final int TYPE_REGULAR = 8;

  private final List<File> files = new ArrayList<>();
  private final AtomicInteger openCount = new AtomicInteger();
  private final AtomicInteger destroyCount = new AtomicInteger();

  private record File(String name, MemorySegment bytes) {}

  /**
   * Adds a file.
   *
   * @param bytes native memory of the caller's, for as long as this is used
   */
  public void add(String name, MemorySegment bytes) {
    files.add(new File(name, bytes));
  }

  /** Adds a file with these bytes. */
  public void add(String name, byte[] bytes) {
    MemorySegment memory = Arena.global().allocate(Math.max(1, bytes.length), 8);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
    add(name, memory.asSlice(0, bytes.length));
  }

  /** Handles that are open. */
  public int openCount() {
    return openCount.get();
  }

  /** How often the mount ended. */
  public int destroyCount() {
    return destroyCount.get();
  }

  @Override
  public void destroy() {
    destroyCount.incrementAndGet();
  }

  @Override
  public void lookup(Request request, long parentId, byte[] name) {
    String wanted = new String(name, StandardCharsets.UTF_8);
    for (int i = 0; i < files.size(); i++) {
      if (files.get(i).name().equals(wanted)) {
        long nodeId = ROOT_ID + 1 + i;
        request.replyEntry(new Request.Entry(nodeId, 0, attributes(nodeId), 0, 0));
        return;
      }
    }
    request.error(Errno.ENOENT);
  }

  @Override
  public void getAttributes(Request request, long nodeId, long handle) {
    request.replyAttributes(attributes(nodeId), 0);
  }

  @Override
  public void open(Request request, long nodeId, int flags) {
    openCount.incrementAndGet();
    request.replyOpen(nodeId, new Request.OpenReply(true, false, true, true));
  }

  @Override
  public void read(Request request, long nodeId, long handle, long offset, int length) {
    MemorySegment bytes = files.get((int) (nodeId - ROOT_ID - 1)).bytes();
    int byteCount = (int) Math.clamp(bytes.byteSize() - offset, 0, length);
    MemorySegment.copy(bytes, offset, request.out(), 0, byteCount);
    request.reply(byteCount);
  }

  @Override
  public void write(
      Request request,
      long nodeId,
      long handle,
      long offset,
      boolean killSetId,
      boolean fromPages) {
    MemorySegment bytes = files.get((int) (nodeId - ROOT_ID - 1)).bytes();
    MemorySegment source = request.in();
    if (offset + source.byteSize() > bytes.byteSize()) {
      request.error(Errno.ENOSPC);
      return;
    }
    MemorySegment.copy(source, 0, bytes, offset, source.byteSize());
    request.replyWritten((int) source.byteSize());
  }

  @Override
  public void release(Request request, long nodeId, long handle) {
    openCount.decrementAndGet();
    request.reply(0);
  }

  @Override
  public void openDirectory(Request request, long nodeId, int flags) {
    openCount.incrementAndGet();
    request.replyOpen(nodeId, Request.OpenReply.DIRECT);
  }

  @Override
  public void readDirectory(Request request, long nodeId, long handle, long cookie, boolean plus) {
    for (int i = (int) cookie; i < files.size() + 1; i++) {
      String name = i == 0 ? "." : files.get(i - 1).name();
      int type = i == 0 ? TYPE_DIRECTORY : TYPE_REGULAR;
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      long inode = ROOT_ID + i;
      boolean fits =
          plus
              ? request.addDirectoryEntryPlus(bytes, inode, type, i + 1L, null)
              : request.addDirectoryEntry(bytes, inode, type, i + 1L);
      if (!fits) {
        break;
      }
    }
    request.replyDirectory();
  }

  @Override
  public void releaseDirectory(Request request, long nodeId, long handle) {
    openCount.decrementAndGet();
    request.reply(0);
  }

  @Override
  public void statistics(Request request, long nodeId) {
    request.replyStatistics(new FileSystemStatistics(1000, 500, 400, 100, 50, 4096, 255, 4096));
  }

  private Attributes attributes(long nodeId) {
    if (nodeId == ROOT_ID) {
      return new Attributes(
          ROOT_ID, 0, 0, 1, 1, 1, DIRECTORY_MODE, 2, 0, 0, 0, 4096, Attributes.NO_TIME);
    }
    long size = files.get((int) (nodeId - ROOT_ID - 1)).bytes().byteSize();
    return new Attributes(
        nodeId, size, size / 512, 1, 1, 1, FILE_MODE, 1, 0, 0, 0, 4096, Attributes.NO_TIME);
  }
}
