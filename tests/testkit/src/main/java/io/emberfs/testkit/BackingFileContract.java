package io.emberfs.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Namespace.Created;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link BackingFile} promises. */
public abstract class BackingFileContract {
  private static final int O_RDWR = 2;
  private static final int O_TRUNC = 01000;
  private static final int O_EXCL = 0200;
  private static final int KEEP_SIZE = 1;
  private static final int PUNCH_HOLE = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int MODEL_BYTES_MAX = 20_000;
  private static final Caller CALLER = new Caller(0, 0, 0, 0);

  private final Arena arena = Arena.ofShared();
  private BackingStore store;
  private BackingNode node;
  private BackingFile file;

  /** An empty store, the contract's to close. */
  protected abstract BackingStore create() throws Exception;

  /** Changes a file's content as a foreign program would. */
  protected abstract void changeBehind(String name, byte[] content) throws Exception;

  /** Looks for leaks after the store was closed. */
  protected void checkNothingLeaked() {}

  @BeforeEach
  void open() throws Exception {
    store = create();
    Created created = store.create(store.root(), bytes("file"), O_RDWR | O_EXCL, 0644, CALLER);
    node = created.node();
    file = created.file();
  }

  @AfterEach
  void close() {
    file.close();
    node.release(1);
    store.close();
    arena.close();
    checkNothingLeaked();
  }

  @Test
  void whatIsWrittenIsRead() {
    assertThat(file.write(3, memory("hello"))).isEqualTo(5);
    assertThat(read(file, 0, 8)).isEqualTo(bytes("\0\0\0hello"));
  }

  @Test
  void aReadThatMustNotWaitReadsTheSameOrNothing() {
    file.write(0, memory("hello"));
    for (int offset : new int[] {0, 2, 5, 500}) {
      MemorySegment target = arena.allocate(100);
      int count = file.readNow(offset, target);
      if (count != BlockCache.WOULD_WAIT) {
        assertThat(target.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE))
            .isEqualTo(read(file, offset, 100));
      }
    }
  }

  @Test
  void aReadEndsWithTheFile() {
    file.write(0, memory("hello"));
    assertThat(read(file, 2, 100)).isEqualTo(bytes("llo"));
    assertThat(read(file, 5, 100)).isEmpty();
    assertThat(read(file, 500, 100)).isEmpty();
  }

  @Test
  void aFileThatIsOpenForReadingIsNotWritten() {
    BackingFile reader = store.open(node, OpenMode.READ);
    assertErrno(Errno.EBADF, () -> reader.write(0, memory("x")));
    reader.close();
  }

  @Test
  void aSecondDescriptorSeesTheSameBytes() {
    file.write(0, memory("hello"));
    BackingFile other = store.open(node, OpenMode.READ_WRITE_SYNC);
    other.write(4, memory("ium"));
    assertThat(read(file, 0, 10)).isEqualTo(bytes("hellium"));
    other.close();
  }

  @Test
  void truncatingCutsAndExtends() {
    file.write(0, memory("hello"));
    file.truncate(2);
    file.truncate(4);
    assertThat(read(file, 0, 10)).isEqualTo(bytes("he\0\0"));
    assertErrno(Errno.EINVAL, () -> file.truncate(-1));
  }

  @Test
  void creatingWithTruncationEmptiesWhatIsThere() {
    file.write(0, memory("hello"));
    Created again = store.create(store.root(), bytes("file"), O_RDWR | O_TRUNC, 0644, CALLER);
    assertThat(store.version(node).size()).isZero();
    again.file().close();
    again.node().release(1);
  }

  @Test
  void allocatingExtendsWithZeros() {
    file.write(0, memory("hi"));
    file.allocate(0, 0, 5);
    assertThat(read(file, 0, 10)).isEqualTo(bytes("hi\0\0\0"));
    assertErrno(Errno.EINVAL, () -> file.allocate(0, 0, 0));
  }

  @Test
  void aPunchedHoleReadsAsZeros() {
    file.write(0, memory("x".repeat(12288)));
    file.allocate(PUNCH_HOLE | KEEP_SIZE, 4096, 4096);
    assertThat(read(file, 4095, 4098)).isEqualTo(bytes("x" + "\0".repeat(4096) + "x"));
    assertThat(file.version().size()).isEqualTo(12288);
  }

  @Test
  void aRangeIsCopiedIntoAnotherFile() {
    file.write(0, memory("hello world"));
    Created other = store.create(store.root(), bytes("other"), O_RDWR, 0644, CALLER);
    assertThat(file.copyRange(6, other.file(), 1, 5)).isEqualTo(5);
    assertThat(read(other.file(), 0, 10)).isEqualTo(bytes("\0world"));
    assertThat(file.copyRange(11, other.file(), 0, 5)).isZero();
    other.file().close();
    other.node().release(1);
  }

  @Test
  void seekingFindsDataAndTheHoleAtTheEnd() {
    file.write(0, memory("hello"));
    assertThat(file.seek(2, SEEK_DATA)).isEqualTo(2);
    assertThat(file.seek(2, SEEK_HOLE)).isEqualTo(5);
    assertErrno(Errno.ENXIO, () -> file.seek(5, SEEK_DATA));
  }

  @Test
  void theVersionIsThatOfTheNode() {
    file.write(0, memory("hello"));
    file.sync(true);
    FileVersion version = file.version();
    assertThat(version).isEqualTo(store.version(node));
    assertThat(version.identity()).isEqualTo(node.identity());
    assertThat(version.size()).isEqualTo(5);
    assertThat(version.ctimeNanos()).isEqualTo(store.attributes(node).ctimeNanos());
    assertThat(version.mtimeNanos()).isEqualTo(store.attributes(node).mtimeNanos());
  }

  @Test
  void aForeignChangeOfSizeShowsInTheVersion() throws Exception {
    file.write(0, memory("hello"));
    FileVersion before = file.version();
    changeBehind("file", bytes("hello, foreigner"));
    assertThat(file.version()).isNotEqualTo(before);
    assertThat(read(file, 0, 100)).isEqualTo(bytes("hello, foreigner"));
  }

  @Test
  void syncingAndAdvisingLeaveTheBytes() {
    file.write(0, memory("hello"));
    file.sync(false);
    store.syncAll();
    file.adviseUnneeded(0, 5);
    assertThat(read(file, 0, 10)).isEqualTo(bytes("hello"));
  }

  @Test
  void aFileOutlivesItsNodesLastReference() {
    Created other = store.create(store.root(), bytes("other"), O_RDWR, 0644, CALLER);
    other.node().release(1);
    other.file().write(0, memory("x"));
    assertThat(read(other.file(), 0, 2)).isEqualTo(bytes("x"));
    other.file().close();
  }

  @Test
  void aClosedFileIsNotUsedAgain() {
    BackingFile other = store.open(node, OpenMode.READ);
    other.close();
    other.close();
    assertThatThrownBy(() -> other.read(0, arena.allocate(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void randomWritesAndCutsAreThoseOfAByteArray() {
    Seeds.check(random -> {
      file.truncate(0);
      byte[] model = {};
      for (int step = 0; step < 300; step++) {
        int offset = random.nextInt(MODEL_BYTES_MAX);
        int length = random.nextInt(1, MODEL_BYTES_MAX);
        if (random.nextInt(4) == 0) {
          file.truncate(offset);
          model = Arrays.copyOf(model, offset);
        } else {
          byte[] written = new byte[length];
          random.nextBytes(written);
          assertThat(file.write(offset, memory(written))).isEqualTo(length);
          model = Arrays.copyOf(model, Math.max(model.length, offset + length));
          System.arraycopy(written, 0, model, offset, length);
        }
        int from = Math.min(random.nextInt(MODEL_BYTES_MAX), model.length);
        int to = Math.min(model.length, from + length);
        assertThat(read(file, from, length)).isEqualTo(Arrays.copyOfRange(model, from, to));
      }
    });
  }

  private byte[] read(BackingFile from, long offset, int length) {
    MemorySegment target = arena.allocate(length);
    int count = from.read(offset, target);
    return target.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
  }

  private MemorySegment memory(String text) {
    return memory(bytes(text));
  }

  private MemorySegment memory(byte[] content) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static void assertErrno(int errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BackingException.class))
        .extracting(BackingException::errno)
        .isEqualTo(errno);
  }
}
