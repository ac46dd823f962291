package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.Errno;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.AssertingRequest;
import io.emberfs.testkit.AssertingRequest.Answer;
import io.emberfs.testkit.AssertingRequest.ListedEntry;
import io.emberfs.testkit.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EmberFileSystemTest extends FileSystemFixture {
  private static final int USER = 1000;
  private static final int O_TRUNC = 01000;
  private static final int SYMLINK_TYPE = 10;
  private static final AttributeChange NO_CHANGE =
      new AttributeChange(null, null, null, null, null);

  @Test
  void aFileIsCreatedWrittenReadAndReleased() {
    Answer.Created created = create("f", USER);
    assertThat(written(created, 0, "hello", USER)).isEqualTo(5);
    assertThat(written(created, 5, " world", USER)).isEqualTo(6);

    assertThat(text(read(created, 0, 100))).isEqualTo("hello world");
    assertThat(text(read(created, 6, 3))).isEqualTo("wor");
    assertThat(text(read(created, 100, 3))).isEmpty();
    assertThat(store.contentOf("f")).isEqualTo("hello world".getBytes(StandardCharsets.UTF_8));
    release(created.handle());
    assertThat(cache.open).isEmpty();
    assertThat(meters.counter("writes.bytes").value()).isEqualTo(11);
    assertThat(meters.counter("reads.requests").value()).isEqualTo(3);
  }

  @Test
  void aReadFromRamIsAnsweredAtOnceAndAnotherOneLater() {
    Answer.Created created = create("f", 0);
    AssertingRequest cold = AssertingRequest.plain();
    fs.read(cold, created.entry().nodeId(), created.handle(), 0, 10);
    assertThat(cold.isDeferred()).isTrue();
    assertThat(cold.isAnswered()).isFalse();
    workers.runAll();
    assertThat(cold.isAnswered()).isTrue();

    cache.isHot = true;
    AssertingRequest hot = AssertingRequest.plain();
    fs.read(hot, created.entry().nodeId(), created.handle(), 0, 10);
    assertThat(hot.isDeferred()).isFalse();
    assertThat(hot.isAnswered()).isTrue();
  }

  @Test
  void withoutEntryValidityAMissingNameIsAnError() {
    fs = fileSystem(new FsOptions(0, 0, false, true, false, WORKERS_PER_USER));

    assertThat(run(r -> fs.lookup(r, NodeTable.ROOT_ID, bytes("missing"))).errno())
        .isEqualTo(Errno.ENOENT);
  }

  @Test
  void openFlagsFollowTheKernelCache() {
    Answer.Created created = create("f", 0);
    assertThat(created.flags().directIo()).isTrue();
    assertThat(created.flags().noFlush()).isFalse();

    Request.OpenReply reading = open(created.entry().nodeId(), 0).flags();
    assertThat(reading).isEqualTo(new Request.OpenReply(true, false, true, false));
    fs = fileSystem(new FsOptions(TTL, TTL, true, true, false, WORKERS_PER_USER));
    reading = open(created.entry().nodeId(), 0).flags();
    assertThat(reading).isEqualTo(new Request.OpenReply(false, false, true, false));
  }

  @Test
  void openingWithTruncationEmptiesTheFile() {
    Answer.Created created = create("f", 0);
    written(created, 0, "bytes", 0);
    open(created.entry().nodeId(), O_RDWR | O_TRUNC);

    assertThat(store.contentOf("f")).isEmpty();
  }

  @Test
  void unknownNodesAndHandlesAreRefused() {
    assertThat(run(r -> fs.getAttributes(r, 99, 0)).errno()).isEqualTo(Errno.ESTALE);
    assertThat(run(r -> fs.lookup(r, 99, bytes("a"))).errno()).isEqualTo(Errno.ESTALE);
    assertThat(run(r -> fs.read(r, 99, 77, 0, 1)).errno()).isEqualTo(Errno.EBADF);
    assertThat(run(r -> fs.write(r, 99, 77, 0, false, false)).errno()).isEqualTo(Errno.EBADF);
    assertThat(run(r -> fs.release(r, 99, 77)).errno()).isEqualTo(Errno.EBADF);
    assertThat(run(r -> fs.releaseDirectory(r, 99, 77)).errno()).isEqualTo(Errno.EBADF);
    assertThat(run(r -> fs.open(r, NodeTable.ROOT_ID, 0)).errno()).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aReadOnlyFileSystemRefusesEveryChange() {
    Answer.Created created = create("f", 0);
    long nodeId = created.entry().nodeId();
    long root = NodeTable.ROOT_ID;
    fs = fileSystem(new FsOptions(TTL, TTL, false, true, true, WORKERS_PER_USER));
    List<Consumer<Request>> changes =
        List.of(
            r -> fs.open(r, nodeId, O_RDWR),
            r -> fs.open(r, nodeId, O_TRUNC),
            r -> fs.create(r, root, bytes("n"), O_RDWR, FILE_MODE),
            r -> fs.makeDirectory(r, root, bytes("n"), 0755),
            r -> fs.makeNode(r, root, bytes("n"), FILE_MODE, 0),
            r -> fs.symbolicLink(r, root, bytes("n"), bytes("t")),
            r -> fs.link(r, nodeId, root, bytes("n")),
            r -> fs.unlink(r, root, bytes("f")),
            r -> fs.removeDirectory(r, root, bytes("f")),
            r -> fs.rename(r, root, bytes("f"), root, bytes("n"), 0),
            r -> fs.setAttributes(r, nodeId, NO_CHANGE, 0, false),
            r -> fs.setExtendedAttribute(r, nodeId, bytes("user.a"), 0, false),
            r -> fs.removeExtendedAttribute(r, nodeId, bytes("user.a")));

    assertThat(changes).allSatisfy(c -> assertThat(run(c).errno()).isEqualTo(Errno.EROFS));
    assertThat(run(r -> fs.open(r, nodeId, 0)).answer()).isInstanceOf(Answer.Opened.class);
  }

  @Test
  void sizeAndModeAreChangedTogether() {
    Answer.Created created = create("f", 0);
    AttributeChange change = new AttributeChange(0600, 5, 6, 7L, 8L);
    Answer.OfAttributes answer =
        run(r -> fs.setAttributes(r, created.entry().nodeId(), change, 1234, false))
            .answer(Answer.OfAttributes.class);

    assertThat(answer.validNanos()).isEqualTo(TTL);
    assertThat(answer.attributes().size()).isEqualTo(1234);
    assertThat(answer.attributes().mode()).isEqualTo(0100600);
    assertThat(answer.attributes().uid()).isEqualTo(5);
    assertThat(answer.attributes().mtimeNanos()).isEqualTo(8);
    assertThat(cache.inodeChanges).containsExactly(backing(created));
  }

  @Test
  void aWriteOfAnOrdinaryUserClearsSetIdBits() {
    Answer.Created created = create("f", 0);
    chmod(created, 06755);
    written(created, 0, "x", 0);
    assertThat(mode(created)).isEqualTo(0106755);
    assertThat(transport.attributesTold).isEmpty();
    written(created, 0, "x", USER);
    assertThat(mode(created)).isEqualTo(0100755);
    assertThat(transport.attributesTold).containsExactly(created.entry().nodeId());
  }

  @Test
  void setgidWithoutGroupExecuteStaysForWhoIsInTheGroup() {
    Answer.Created created = create("f", USER);
    chmod(created, 06744);
    written(created, 0, "x", USER);
    assertThat(mode(created)).isEqualTo(0102744);

    written(created, 0, "x", USER + 1);
    assertThat(mode(created)).isEqualTo(0100744);
  }

  @Test
  void pagesThatTheKernelWritesBackClearNothing() {
    Answer.Created created = create("f", 0);
    chmod(created, 06755);
    AssertingRequest writing = AssertingRequest.of(USER, bytes("x"));
    fs.write(writing, created.entry().nodeId(), created.handle(), 0, false, true);
    workers.runAll();

    assertThat(mode(created)).isEqualTo(0106755);
  }

  @Test
  void anAccessControlListOfWhoIsNotInTheGroupEndsSetgid() {
    Answer.Created created = create("f", 0);
    chmod(created, 06744);
    AssertingRequest setting = AssertingRequest.of(USER, bytes("value"));
    fs.setExtendedAttribute(setting, created.entry().nodeId(), bytes("user.a"), 0, true);
    workers.runAll();
    setting.answer(Answer.Bytes.class);

    assertThat(mode(created)).isEqualTo(0104744);
  }

  @Test
  void namesOfTrustedAttributesAreListedToRootOnly() {
    long nodeId = create("f", 0).entry().nodeId();
    for (String attribute : List.of("trusted.a", "trust", "trusted.", "user.trusted.b")) {
      AssertingRequest setting = AssertingRequest.of(0, bytes("v"));
      fs.setExtendedAttribute(setting, nodeId, bytes(attribute), 0, false);
      workers.runAll();
    }
    AssertingRequest asUser = AssertingRequest.of(USER, new byte[0]);
    fs.listExtendedAttributes(asUser, nodeId, 100);
    workers.runAll();

    assertThat(text(asUser).split("\0")).containsExactlyInAnyOrder("trust", "user.trusted.b");
    assertThat(text(run(r -> fs.listExtendedAttributes(r, nodeId, 100))).split("\0")).hasSize(4);
  }

  @Test
  void aFileWithoutANameIsForgottenWithItsLastHandleUnlessItGotOne() {
    Answer.Created first = createUnnamed();
    release(first.handle());
    assertThat(cache.forgotten).containsExactly(backing(first));

    Answer.Created second = createUnnamed();
    run(r -> fs.link(r, second.entry().nodeId(), NodeTable.ROOT_ID, bytes("g")))
        .answer(Answer.Node.class);
    release(second.handle());
    assertThat(cache.forgotten).hasSize(1);
  }

  @Test
  void truncationAndOpeningWithTruncationClearSetIdBitsWhenTheyMust() {
    Answer.Created created = create("f", 0);
    chmod(created, 04755);
    run(r -> fs.setAttributes(r, created.entry().nodeId(), NO_CHANGE, 0, true));
    assertThat(mode(created)).isEqualTo(0100755);

    chmod(created, 04755);
    AssertingRequest opening = AssertingRequest.of(USER, new byte[0]);
    fs.open(opening, created.entry().nodeId(), O_RDWR | O_TRUNC);
    workers.runAll();
    opening.answer(Answer.Opened.class);
    assertThat(mode(created)).isEqualTo(0100755);
  }

  @Test
  void anUnlinkedFileIsForgottenWithItsLastHandle() {
    Answer.Created created = create("f", 0);
    run(r -> fs.unlink(r, NodeTable.ROOT_ID, bytes("f")));
    assertThat(cache.forgotten).isEmpty();
    assertThat(written(created, 0, "still there", 0)).isEqualTo(11);
    release(created.handle());

    assertThat(cache.forgotten).hasSize(1);
  }

  @Test
  void aClosedFileIsForgottenWithItsLastNameOnly() {
    Answer.Created created = create("f", 0);
    release(created.handle());
    run(r -> fs.link(r, created.entry().nodeId(), NodeTable.ROOT_ID, bytes("g")))
        .answer(Answer.Node.class);
    run(r -> fs.unlink(r, NodeTable.ROOT_ID, bytes("f")));
    assertThat(cache.forgotten).isEmpty();
    run(r -> fs.unlink(r, NodeTable.ROOT_ID, bytes("g")));

    assertThat(cache.forgotten).containsExactly(backing(created));
    // Two unlinks and a link changed the inode.
    assertThat(cache.inodeChanges).hasSize(3).containsOnly(backing(created));
  }

  @Test
  void aFileThatIsReplacedByARenameIsForgotten() {
    Answer.Created moved = create("from", 0);
    Answer.Created replaced = create("to", 0);
    release(moved.handle());
    release(replaced.handle());
    long root = NodeTable.ROOT_ID;
    run(r -> fs.rename(r, root, bytes("from"), root, bytes("to"), 0)).answer(Answer.Bytes.class);

    assertThat(cache.forgotten).containsExactly(backing(replaced));
    assertThat(cache.inodeChanges).containsExactlyInAnyOrder(backing(moved), backing(replaced));
    assertThat(lookup("to").nodeId()).isEqualTo(moved.entry().nodeId());
  }

  @Test
  void anExchangeForgetsNothingAndOtherFlagsAreRefused() {
    Answer.Created one = create("one", 0);
    Answer.Created two = create("two", 0);
    release(one.handle());
    release(two.handle());
    long root = NodeTable.ROOT_ID;
    run(r -> fs.rename(r, root, bytes("one"), root, bytes("two"), 2)).answer(Answer.Bytes.class);

    assertThat(lookup("two").nodeId()).isEqualTo(one.entry().nodeId());
    assertThat(cache.forgotten).isEmpty();
    assertThat(run(r -> fs.rename(r, root, bytes("one"), root, bytes("two"), 4)).errno())
        .isEqualTo(Errno.EINVAL);
    assertThat(run(r -> fs.rename(r, root, bytes("one"), root, bytes("two"), 1)).errno())
        .isEqualTo(Errno.EEXIST);
  }

  @Test
  void aListingWithAttributesCountsAReferenceForEachEntryThatFits() {
    for (String name : List.of("a", "b", "c")) {
      release(create(name, 0).handle());
    }
    run(r -> fs.symbolicLink(r, NodeTable.ROOT_ID, bytes("l"), bytes("a")));
    table.forgetAll();
    long handle =
        run(r -> fs.openDirectory(r, NodeTable.ROOT_ID, 0)).answer(Answer.Opened.class).handle();
    AssertingRequest first = AssertingRequest.listing(3);
    fs.readDirectory(first, NodeTable.ROOT_ID, handle, 0, true);
    workers.runAll();
    List<ListedEntry> entries = first.answer(Answer.Listing.class).entries();

    // The directory and the entries that the kernel got, without the dots.
    assertThat(table.count()).isEqualTo(1 + 1);
    assertThat(entries).hasSize(3);
    AssertingRequest rest = AssertingRequest.listing(100);
    fs.readDirectory(rest, NodeTable.ROOT_ID, handle, entries.getLast().nextCookie(), true);
    workers.runAll();
    assertThat(table.count()).isEqualTo(1 + 4);
    List<ListedEntry> others = rest.answer(Answer.Listing.class).entries();
    assertThat(others).hasSize(3).allMatch(entry -> entry.entry() != null);
    assertThat(others).filteredOn(entry -> entry.type() == SYMLINK_TYPE).hasSize(1);
    run(r -> fs.releaseDirectory(r, NodeTable.ROOT_ID, handle));
  }

  @Test
  void extendedAttributesAreServedOrRefusedForEver() {
    Answer.Created created = create("f", 0);
    long nodeId = created.entry().nodeId();
    AssertingRequest setting = AssertingRequest.of(0, bytes("value"));
    fs.setExtendedAttribute(setting, nodeId, bytes("user.a"), 0, false);
    workers.runAll();
    setting.answer(Answer.Bytes.class);

    assertThat(
            run(r -> fs.getExtendedAttribute(r, nodeId, bytes("user.a"), 0))
                .answer(Answer.ExtendedAttributeSize.class)
                .byteCount())
        .isEqualTo(5);
    assertThat(run(r -> fs.getExtendedAttribute(r, nodeId, bytes("user.a"), 4)).errno())
        .isEqualTo(Errno.ERANGE);
    assertThat(text(run(r -> fs.getExtendedAttribute(r, nodeId, bytes("user.a"), 5))))
        .isEqualTo("value");
    assertThat(text(run(r -> fs.listExtendedAttributes(r, nodeId, 100)))).isEqualTo("user.a\0");
    run(r -> fs.removeExtendedAttribute(r, nodeId, bytes("user.a"))).answer(Answer.Bytes.class);
    assertThat(run(r -> fs.getExtendedAttribute(r, nodeId, bytes("user.a"), 5)).errno())
        .isEqualTo(Errno.ENODATA);
    assertThat(cache.inodeChanges).hasSize(2);

    fs = fileSystem(new FsOptions(TTL, TTL, false, false, false, WORKERS_PER_USER));
    assertThat(run(r -> fs.getExtendedAttribute(r, nodeId, bytes("user.a"), 5)).errno())
        .isEqualTo(Errno.ENOSYS);
  }

  @Test
  void afterThousandsOfLookupsAndForgetsTheKernelKnowsNothing() {
    Seeds.check(this::lookUpAndForgetThousands);
  }

  private void lookUpAndForgetThousands(RandomGenerator random) {
    List<Answer.Created> files =
        IntStream.range(0, 50).mapToObj(i -> create("file" + i, 0)).toList();
    files.forEach(file -> release(file.handle()));
    long[] held = new long[files.size()];
    Arrays.fill(held, 1);
    for (int step = 0; step < 5000; step++) {
      int i = random.nextInt(held.length);
      if (random.nextBoolean()) {
        lookup("file" + i);
        held[i]++;
      } else if (held[i] > 0) {
        fs.forget(table.idOf(store.lookup(store.root(), bytes("file" + i))), 1);
        held[i]--;
        releaseLookup("file" + i);
      }
    }
    for (int i = 0; i < held.length; i++) {
      if (held[i] > 0) {
        fs.forget(lookup("file" + i).nodeId(), held[i] + 1);
      }
    }

    assertThat(table.count()).isEqualTo(1);
  }

  private void releaseLookup(String name) {
    store.lookup(store.root(), bytes(name)).release(2);
  }

  private Answer.Created createUnnamed() {
    return run(r -> fs.createUnnamed(r, NodeTable.ROOT_ID, O_RDWR, FILE_MODE))
        .answer(Answer.Created.class);
  }

  private Request.Entry lookup(String name) {
    return run(r -> fs.lookup(r, NodeTable.ROOT_ID, bytes(name))).answer(Answer.Node.class).entry();
  }

  private void chmod(Answer.Created file, int mode) {
    AttributeChange change = new AttributeChange(mode, null, null, null, null);
    run(r -> fs.setAttributes(r, file.entry().nodeId(), change, -1, false));
  }

  private int mode(Answer.Created file) {
    return run(r -> fs.getAttributes(r, file.entry().nodeId(), 0))
        .answer(Answer.OfAttributes.class)
        .attributes()
        .mode();
  }

  private BackingNode backing(Answer.Created file) {
    return cache.forgotten.stream()
        .filter(node -> node.identity().inode() == file.entry().attributes().inode())
        .findFirst()
        .orElseGet(() -> known(file));
  }

  private BackingNode known(Answer.Created file) {
    var known = table.get(file.entry().nodeId());
    assertThat(known).isNotNull();
    return known.backing();
  }

  private static String text(AssertingRequest request) {
    return new String(request.answer(Answer.Bytes.class).bytes(), StandardCharsets.UTF_8);
  }
}
