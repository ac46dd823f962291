package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.Request;
import io.emberfs.testkit.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The way from paths to nodes, called as libfuse calls it. */
final class AdapterTest {
  private static final int NAME_MAX = 255;
  private static final int O_RDWR = 2;
  private static final byte[] NONE = {};

  private final StrictTree tree = new StrictTree();
  private final CallsFromC c = new CallsFromC(tree);

  @AfterEach
  void everythingIsGivenBackAtTheEnd() {
    c.adapter.end();
    assertThat(tree.referencesOut()).isZero();
    assertThat(tree.openCount()).isZero();
    assertThat(c.adapter.references().count()).isZero();
    assertThat(c.count("fuse.doubleAnswers")).isZero();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aPathIsFoundNameByNameAndItsDirectoriesAreRemembered() {
    tree.put("a", 'd', NONE);
    tree.put("a/b", 'd', NONE);
    tree.put("a/b/f", 'f', bytes("text"));

    assertThat(c.content("/a/b/f")).isEqualTo("text");
    assertThat(tree.calls.subList(0, 3)).containsExactly("lookup a", "lookup b", "lookup f");
    assertThat(c.content("/a/b/f")).isEqualTo("text");
    assertThat(tree.lookupCount()).isEqualTo(3);
    assertThat(c.inode("/a/b/missing")).isEqualTo(-Errno.ENOENT);
    assertThat(c.inode("/a/missing/f")).isEqualTo(-Errno.ENOENT);
    assertThat(c.inode("/a/b/f/g")).isEqualTo(-Errno.ENOTDIR);
    assertThat(c.inode("/")).isEqualTo(1000);
  }

  @Test
  void aNameIsBelievedForItsTimeAndNoLonger() {
    tree.put("a", 'd', NONE);
    tree.put("a/f", 'f', bytes("old"));
    assertThat(c.content("/a/f")).isEqualTo("old");
    tree.put("a", 'd', NONE);
    tree.put("a/f", 'f', bytes("new"));

    c.clock.advanceNanos(CallsFromC.NAME_NANOS - 1);
    assertThat(c.content("/a/f")).isEqualTo("old");
    c.clock.advanceNanos(1);
    assertThat(c.content("/a/f")).isEqualTo("new");
  }

  @Test
  void whatTheKernelLooksUpIsLookedUpAtOnce() {
    tree.put("f", 'f', bytes("old"));
    long old = c.inode("/f");
    tree.put("f", 'f', bytes("new"));

    assertThat(c.inode("/f")).isNotEqualTo(old);
    assertThat(c.content("/f")).isEqualTo("new");
  }

  @Test
  void withoutAnyTimeNothingIsRemembered() {
    CallsFromC strict = new CallsFromC(tree, 0);
    tree.put("f", 'f', bytes("old"));
    assertThat(strict.content("/f")).isEqualTo("old");
    tree.put("f", 'f', bytes("new"));

    assertThat(strict.content("/f")).isEqualTo("new");
    assertThat(strict.adapter.names().count()).isZero();
    assertThat(tree.referencesOut()).isZero();
  }

  @Test
  void ownChangesOfNamesAreSeenAtOnce() {
    tree.put("a", 'd', NONE);
    tree.put("a/f", 'f', bytes("one"));
    tree.put("g", 'f', bytes("two"));
    assertThat(c.content("/a/f") + c.content("/g")).isEqualTo("onetwo");

    assertThat(c.adapter.paths().rename(c.string("/g"), c.string("/a/f"))).isZero();
    assertThat(c.content("/a/f")).isEqualTo("two");
    assertThat(c.content("/g")).isEqualTo("errno " + Errno.ENOENT);

    assertThat(c.adapter.paths().rename(c.string("/a"), c.string("/b"))).isZero();
    assertThat(c.content("/b/f")).isEqualTo("two");
    assertThat(c.content("/a/f")).isEqualTo("errno " + Errno.ENOENT);

    assertThat(c.adapter.paths().unlink(c.string("/b/f"))).isZero();
    assertThat(c.content("/b/f")).isEqualTo("errno " + Errno.ENOENT);
    assertThat(c.adapter.paths().removeDirectory(c.string("/b"))).isZero();
    assertThat(c.adapter.paths().makeDirectory(c.string("/b"), 0755)).isZero();
    assertThat(c.inode("/b/f")).isEqualTo(-Errno.ENOENT);
    assertThat(c.adapter.paths().unlink(c.string("/b/f"))).isEqualTo(-Errno.ENOENT);
  }

  @Test
  void whatIsMadeIsKnownWithoutALookUp() {
    assertThat(c.adapter.paths().makeDirectory(c.string("/d"), 0755)).isZero();
    long file = c.fileInfo(O_RDWR);
    assertThat(c.adapter.handles().create(c.string("/d/f"), 0644, file)).isZero();
    assertThat(c.write(file, "abc", 0)).isEqualTo(3);
    assertThat(c.adapter.handles().release(file)).isZero();
    assertThat(c.adapter.paths().link(c.string("/d/f"), c.string("/hard"))).isZero();
    assertThat(c.adapter.paths().symbolicLink(c.string("d/f"), c.string("/soft"))).isZero();
    assertThat(c.content("/hard")).isEqualTo("abc");
    assertThat(tree.lookupCount()).isZero();

    assertThat(c.adapter.paths().makeNode(c.string("/n"), 0020644, 0x1_0000_0203L)).isZero();
    assertThat(tree.calls).contains("mknod 20644 515 umask 18");
    assertThat(c.adapter.paths().makeDirectory(c.string("/d"), 0755)).isEqualTo(-Errno.EEXIST);
    assertThat(c.adapter.paths().makeDirectory(c.string("/"), 0755)).isEqualTo(-Errno.EBUSY);
  }

  @Test
  void aSymbolicLinkIsNotFollowedAndItsTargetEndsWithAZero() {
    tree.put("d", 'd', NONE);
    tree.put("d/f", 'f', bytes("text"));
    tree.put("soft", 'l', bytes("d"));

    assertThat(c.inode("/soft/f")).isEqualTo(-Errno.ENOTDIR);
    c.buffer.fill((byte) 'x');
    assertThat(c.adapter.paths().readLink(c.string("/soft"), c.buffer.address(), 4096)).isZero();
    assertThat(c.buffer.getString(0)).isEqualTo("d");
    assertThat(c.buffer.get(JAVA_BYTE, 2)).isEqualTo((byte) 'x');
    // No room for the zero: an error, not a target without an end.
    assertThat(c.adapter.paths().readLink(c.string("/soft"), c.buffer.address(), 1)).isNegative();
  }

  @Test
  void namesAreBytes() {
    String odd = "\u00ff\u00fe\u0080 \n\u00e4\u0001";
    tree.put(odd, 'd', NONE);
    tree.put(odd + "/\u00c3", 'f', bytes("right"));
    tree.put("\u00ff\u00fe\u0081 \n\u00e4\u0001", 'd', NONE);
    String longest = "\u00c4".repeat(NAME_MAX);
    tree.put(longest, 'f', bytes("long"));

    assertThat(c.content("/" + odd + "/\u00c3")).isEqualTo("right");
    assertThat(c.content("/" + longest)).isEqualTo("long");
    assertThat(c.inode("/" + longest + "x")).isEqualTo(-Errno.ENAMETOOLONG);
    assertThat(c.inode("/" + odd + "/..")).isEqualTo(-Errno.EINVAL);
    assertThat(c.inode("/./" + odd)).isEqualTo(-Errno.EINVAL);
    assertThat(c.inode("/...")).isEqualTo(-Errno.ENOENT);
  }

  @Test
  void aPathMayBeLongerThanAnyThatASystemCallTakes() {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      path.append("/directory").append(i % 10);
      assertThat(c.adapter.paths().makeDirectory(c.string(path.toString()), 0755)).isZero();
    }
    assertThat(c.inode(path.toString())).isPositive();
    assertThat(path.length()).isGreaterThan(4 * 4096);
  }

  @Test
  void whatIsOpenIsFoundByItsHandleWhateverItsNameHasBecome() {
    tree.put("f", 'f', bytes("kept"));
    long file = c.fileInfo(O_RDWR);
    assertThat(c.adapter.handles().open(c.string("/f"), file)).isZero();
    assertThat(tree.calls).contains("open flags 2");
    assertThat(c.adapter.paths().unlink(c.string("/f"))).isZero();
    tree.put("f", 'f', bytes("another"));

    assertThat(c.read(file)).isEqualTo("kept");
    assertThat(c.adapter.handles().getAttributes(c.stat.address(), file)).isZero();
    assertThat(c.stat.get(JAVA_LONG, 48)).isEqualTo(4);
    assertThat(c.adapter.handles().truncate(2, file)).isZero();
    assertThat(c.adapter.handles().truncate(-1, file)).isEqualTo(-Errno.EINVAL);
    assertThat(c.read(file)).isEqualTo("ke");
    assertThat(c.adapter.handles().release(file)).isZero();

    assertThat(c.read(file)).isEqualTo("errno " + Errno.EBADF);
    assertThat(c.adapter.handles().release(file)).isEqualTo(-Errno.EBADF);
    assertThat(c.content("/f")).isEqualTo("another");
  }

  @Test
  void whatIsLeftOpenIsReleasedAtTheEnd() {
    tree.put("d", 'd', NONE);
    tree.put("f", 'f', NONE);
    assertThat(c.adapter.handles().open(c.string("/f"), c.fileInfo(0))).isZero();
    assertThat(c.adapter.handles().openDirectory(c.string("/d"), c.fileInfo(0))).isZero();
    assertThat(tree.openCount()).isEqualTo(2);
  }

  @Test
  void aDirectoryIsReadInPiecesByItsCookies() {
    for (String name : List.of("a", "b", "c", "d", "e")) {
      tree.put(name, 'f', NONE);
    }
    long directory = c.fileInfo(0);
    assertThat(c.adapter.handles().openDirectory(c.string("/"), directory)).isZero();
    List<String> names = new ArrayList<>();
    long[] cookie = {0};
    for (int piece = 0; piece < 3; piece++) {
      int[] room = {2};
      int result =
          c.adapter
              .handles()
              .readDirectory(
                  (name, inode, type, nextCookie) -> {
                    if (room[0]-- == 0) {
                      return false;
                    }
                    names.add(new String(name, StandardCharsets.ISO_8859_1) + inode);
                    cookie[0] = nextCookie;
                    return true;
                  },
                  cookie[0],
                  directory);
      assertThat(result).isZero();
    }
    assertThat(names).containsExactly("a1001", "b1002", "c1003", "d1004", "e1005");
    assertThat(c.adapter.handles().release(directory)).isZero();
  }

  @Test
  void attributesFillAStat() {
    tree.put("f", 'f', bytes("12345"));
    c.stat.fill((byte) -1);
    assertThat(c.inode("/f")).isEqualTo(1001);
    assertThat(c.stat.get(JAVA_LONG, 16)).isEqualTo(1);
    assertThat(c.stat.get(JAVA_INT, 24)).isEqualTo(0100644);
    assertThat(c.stat.get(JAVA_INT, 28)).isEqualTo(7);
    assertThat(c.stat.get(JAVA_INT, 32)).isEqualTo(8);
    assertThat(c.stat.get(JAVA_LONG, 40)).isEqualTo(0x1234567);
    assertThat(c.stat.get(JAVA_LONG, 48)).isEqualTo(5);
    assertThat(c.stat.get(JAVA_LONG, 56)).isEqualTo(512);
    assertThat(c.stat.get(JAVA_LONG, 64)).isEqualTo(3);
    assertThat(c.stat.get(JAVA_LONG, 72)).isEqualTo(1);
    assertThat(c.stat.get(JAVA_LONG, 80)).isEqualTo(2);
    // A nanosecond before 1970.
    assertThat(c.stat.get(JAVA_LONG, 88)).isEqualTo(-1);
    assertThat(c.stat.get(JAVA_LONG, 96)).isEqualTo(999_999_999);
    assertThat(c.stat.get(JAVA_LONG, 104)).isEqualTo(5);
    assertThat(c.stat.get(JAVA_LONG, 112)).isEqualTo(6);
  }

  @Test
  void changesOfAttributesMeanWhatTheySay() {
    tree.put("f", 'f', NONE);
    long path = c.string("/f");
    AttributeCalls attributes = c.adapter.attributes();
    assertThat(attributes.changeMode(path, 0xFFFFFFFF_00008_9EDL)).isZero();
    assertThat(tree.lastChange).isEqualTo(change(04755, null, null, null, null));
    assertThat(attributes.changeOwner(path, 5, 0xFFFFFFFFL)).isZero();
    assertThat(tree.lastChange).isEqualTo(change(null, 5, null, null, null));
    assertThat(attributes.changeOwner(path, 0xFFFFFFFFL, 6)).isZero();
    assertThat(tree.lastChange).isEqualTo(change(null, null, 6, null, null));
    assertThat(tree.lastSize).isEqualTo(-1);
    assertThat(attributes.truncate(path, 3)).isZero();
    assertThat(tree.lastSize).isEqualTo(3);
    assertThat(attributes.truncate(path, -3)).isEqualTo(-Errno.EINVAL);

    long now = (1L << 30) - 1;
    long omit = (1L << 30) - 2;
    assertThat(attributes.changeTimes(path, c.times(7, now, 7, omit))).isZero();
    assertThat(tree.lastChange).isEqualTo(change(null, null, null, AttributeChange.NOW, null));
    assertThat(attributes.changeTimes(path, c.times(7, omit, -2, 5))).isZero();
    assertThat(tree.lastChange).isEqualTo(change(null, null, null, null, -1_999_999_995L));
  }

  private static AttributeChange change(
      Integer mode, Integer uid, Integer gid, Long atime, Long mtime) {
    return new AttributeChange(mode, uid, gid, atime, mtime);
  }

  @Test
  void extendedAttributesAreAskedForTheirSizeAndThenForTheirBytes() {
    tree.put("f", 'f', NONE);
    long path = c.string("/f");
    long name = c.string("user.a");
    AttributeCalls attributes = c.adapter.attributes();
    assertThat(attributes.setExtendedAttribute(path, name, c.string("value"), 5, 2)).isZero();
    assertThat(tree.calls).contains("setxattr user.a 2");
    assertThat(attributes.getExtendedAttribute(path, name, 0, 0)).isEqualTo(5);
    long buffer = c.buffer.address();
    assertThat(attributes.getExtendedAttribute(path, name, buffer, 4)).isEqualTo(-Errno.ERANGE);
    assertThat(attributes.getExtendedAttribute(path, name, buffer, 5)).isEqualTo(5);
    assertThat(c.buffer.asSlice(0, 5).toArray(JAVA_BYTE)).isEqualTo(bytes("value"));
    // What the handler does not serve is an errno, not a failure.
    assertThat(attributes.listExtendedAttributes(path, 0, 0)).isEqualTo(-Errno.ENOSYS);
  }

  @Test
  void aThousandChangesLeaveNoReferenceTooManyAndNoneTooFew() {
    Seeds.check(random -> {
      String[] names = {"a", "b", "c", "d"};
      PathCalls paths = c.adapter.paths();
      List<Long> files = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        StringBuilder text = new StringBuilder();
        for (int depth = random.nextInt(4); depth >= 0; depth--) {
          text.append('/').append(names[random.nextInt(names.length)]);
        }
        long path = c.string(text.toString());
        long other =
            c.string("/" + names[random.nextInt(4)] + "/" + names[random.nextInt(names.length)]);
        switch (random.nextInt(8)) {
          case 0 -> paths.makeDirectory(path, 0755);
          case 1 -> paths.rename(path, other);
          case 2 -> paths.unlink(path);
          case 3 -> paths.getAttributes(path, c.stat.address());
          case 4 -> {
            long file = c.fileInfo(O_RDWR);
            if (c.adapter.handles().create(path, 0644, file) == 0) {
              files.add(file);
            }
          }
          case 5 -> {
            if (!files.isEmpty()) {
              long file = files.remove(random.nextInt(files.size()));
              assertThat(c.adapter.handles().release(file)).isZero();
            }
          }
          case 6 -> c.clock.advanceNanos(random.nextInt(200));
          default -> c.content(text.toString());
        }
      }
      assertThat(c.count("fuse.handlerErrors")).isZero();
    });
  }

  @Test
  void aThrowableBecomesEioAndIsCounted() {
    FsHandler throwing =
        new FsHandler() {
          @Override
          public void lookup(Request request, long parentId, byte[] name) {
            switch (name[0]) {
              case 'e' -> throw new AssertionError("planted");
              case 'b' -> throw new BackingException(Errno.ENOSPC, "plant", "an errno");
              case 's' -> {
                // Silence.
              }
              case 'w' -> request.reply(0);
              default -> {
                request.error(Errno.ENOENT);
                request.error(Errno.EIO);
              }
            }
          }
        };
    CallsFromC other = new CallsFromC(throwing);
    assertThat(other.inode("/error")).isEqualTo(-Errno.EIO);
    assertThat(other.count("fuse.handlerErrors")).isEqualTo(1);
    assertThat(other.inode("/backing")).isEqualTo(-Errno.ENOSPC);
    assertThat(other.count("fuse.handlerErrors")).isEqualTo(1);
    assertThat(other.inode("/silent")).isEqualTo(-Errno.EIO);
    assertThat(other.count("fuse.handlerErrors")).isEqualTo(2);
    assertThat(other.inode("/wrong")).isEqualTo(-Errno.EIO);
    assertThat(other.count("fuse.handlerErrors")).isEqualTo(3);
    assertThat(other.inode("/double")).isEqualTo(-Errno.ENOENT);
    assertThat(other.count("fuse.doubleAnswers")).isEqualTo(1);
    assertThat(other.adapter.references().count()).isZero();
  }

  @Test
  void anAnswerThatIsTooLargeIsAnError() {
    FsHandler large =
        new FsHandler() {
          @Override
          public void getExtendedAttribute(Request request, long nodeId, byte[] name, int sizeMax) {
            request.reply(sizeMax + 1);
          }
        };
    CallsFromC other = new CallsFromC(large);
    int result =
        other
            .adapter
            .attributes()
            .getExtendedAttribute(other.string("/"), other.string("n"), other.buffer.address(), 8);
    assertThat(result).isEqualTo(-Errno.EIO);
    assertThat(other.count("fuse.handlerErrors")).isEqualTo(1);
  }

  @Test
  void aDeferredAnswerIsWaitedForAlsoByAnInterruptedThread() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Request> held = new AtomicReference<>();
    FsHandler deferring =
        new FsHandler() {
          @Override
          public void lookup(Request request, long parentId, byte[] name) {
            request.defer();
            held.set(request);
            asked.countDown();
          }
        };
    CallsFromC other = new CallsFromC(deferring);
    try (var threads = Executors.newSingleThreadExecutor()) {
      AtomicReference<Thread> caller = new AtomicReference<>();
      var result =
          threads.submit(() -> {
            caller.set(Thread.currentThread());
            long inode = other.inode("/f");
            return inode + (Thread.interrupted() ? 0 : 1000);
          });
      asked.await();
      caller.get().interrupt();
      assertThat(result.isDone()).isFalse();
      assertThat(held.get().uid()).isEqualTo(CallsFromC.CALLER.uid());
      assertThat(held.get().umask()).isEqualTo(CallsFromC.CALLER.umask());
      held.get().error(Errno.ENOSPC);
      assertThat(result.get()).isEqualTo(-Errno.ENOSPC);
    }
    assertThat(other.count("fuse.deferred")).isEqualTo(1);
  }
}
