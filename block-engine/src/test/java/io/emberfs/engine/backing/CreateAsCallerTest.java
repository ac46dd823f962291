package io.emberfs.engine.backing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingNode;
import io.emberfs.core.Caller;
import io.emberfs.core.Namespace.Created;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root: only root can create for somebody else. */
final class CreateAsCallerTest {
  private static final int O_RDWR = 2;
  private static final int UID = 12345;
  private static final int GID = 12346;
  private static final int DIRECTORY_GID = 777;
  private static final Caller USER = new Caller(UID, GID, 0, 022);
  private static final Caller ROOT = new Caller(0, 0, 0, 0);

  @TempDir Path directory;
  private PosixBackingStore store;

  @BeforeEach
  void open() {
    store = new PosixBackingStore(directory);
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  @Test
  void whatIsMadeBelongsToTheCaller() {
    Created file = store.create(store.root(), bytes("f"), O_RDWR, 0666, USER);
    assertOwner(file.node(), UID, GID, 0644);
    assertOwner(store.makeDirectory(store.root(), bytes("d"), 0777, USER), UID, GID, 0755);
    assertOwner(store.makeNode(store.root(), bytes("p"), 0010666, 0, USER), UID, GID, 0644);
    assertOwner(store.makeSymbolicLink(store.root(), bytes("l"), bytes("t"), USER), UID, GID, 0777);
    file.file().close();
  }

  @Test
  void theThreadIsRootAgainAfterwards() {
    store.create(store.root(), bytes("f"), O_RDWR, 0666, USER).file().close();
    Created after = store.create(store.root(), bytes("g"), O_RDWR, 0666, ROOT);
    assertOwner(after.node(), 0, 0, 0666);
    after.file().close();
  }

  @Test
  void aDirectoryThatTheCallerMayNotWriteIsNoObstacleSinceThatWasDecidedAbove() {
    store.change(store.root(), new AttributeChange(0700, null, null, null, null));
    assertOwner(store.makeDirectory(store.root(), bytes("d"), 0777, USER), UID, GID, 0755);
  }

  @Test
  void aSetgidDirectoryGivesItsGroup() {
    BackingNode shared = sharedDirectory();
    Created file = store.create(shared, bytes("f"), O_RDWR, 0664, USER);
    assertOwner(file.node(), UID, DIRECTORY_GID, 0644);
    assertOwner(store.makeDirectory(shared, bytes("d"), 0775, USER), UID, DIRECTORY_GID, 02755);
    file.file().close();
  }

  @Test
  void aStrangerToTheGroupGetsNoSetgidFileInASetgidDirectory() {
    Created file = store.create(sharedDirectory(), bytes("f"), O_RDWR, 02775, USER);
    assertOwner(file.node(), UID, DIRECTORY_GID, 0755);
    file.file().close();
  }

  @Test
  void aMemberOfTheGroupDoes() throws IOException, InterruptedException {
    Process member =
        new ProcessBuilder("setpriv", "--groups", String.valueOf(DIRECTORY_GID), "cat").start();
    try {
      awaitGroups(member);
      Caller caller = new Caller(UID, GID, (int) member.pid(), 022);
      Created file = store.create(sharedDirectory(), bytes("f"), O_RDWR, 02775, caller);
      assertOwner(file.node(), UID, DIRECTORY_GID, 02755);
      file.file().close();
    } finally {
      member.getOutputStream().close();
      member.waitFor();
    }
  }

  /** Its echo shows that the process has become what it should be. */
  private static void awaitGroups(Process member) throws IOException {
    member.getOutputStream().write('x');
    member.getOutputStream().flush();
    assertThat(member.getInputStream().read()).as("setpriv of util-linux").isEqualTo('x');
  }

  private BackingNode sharedDirectory() {
    BackingNode shared = store.makeDirectory(store.root(), bytes("shared"), 0775, ROOT);
    store.change(shared, new AttributeChange(02775, null, DIRECTORY_GID, null, null));
    return shared;
  }

  private void assertOwner(BackingNode node, int uid, int gid, int permissions) {
    Attributes attributes = store.attributes(node);
    assertThat(attributes.uid()).isEqualTo(uid);
    assertThat(attributes.gid()).isEqualTo(gid);
    assertThat(Integer.toOctalString(attributes.mode() & 07777))
        .isEqualTo(Integer.toOctalString(permissions));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
