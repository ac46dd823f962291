package io.emberfs.engine.backing;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingWatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PosixWatchTest implements BackingWatch.Listener {
  private static final int WAIT_MILLIS = 5_000;

  @TempDir Path folder;
  private PosixBackingStore store;
  private BackingWatch watch;
  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void open() {
    store = new PosixBackingStore(folder);
    watch = store.watch();
    assertThat(watch).isNotNull();
  }

  @AfterEach
  void close() {
    watch.close();
    store.close();
  }

  @Test
  void anotherProcessIsHeardAndThisOneIsNot() throws Exception {
    assertThat(watch.add(store.root())).isTrue();
    Files.writeString(folder.resolve("own"), "x");
    foreign("echo a > other; mv other moved; echo b >> moved");
    watch.next(WAIT_MILLIS, this);

    assertThat(heard).contains("name other", "name moved", "content moved", "directory");
    assertThat(heard).noneMatch(line -> line.endsWith(" own"));
  }

  @Test
  void eachDirectoryIsWatchedByItself() throws Exception {
    Files.createDirectory(folder.resolve("in"));
    Files.createDirectory(folder.resolve("out"));
    BackingNode in = store.lookup(store.root(), "in".getBytes(StandardCharsets.UTF_8));
    assertThat(watch.add(in)).isTrue();
    foreign("echo a > out/unheard; echo a > in/heard");
    watch.next(WAIT_MILLIS, this);
    assertThat(heard).contains("name heard").noneMatch(line -> line.endsWith("unheard"));

    watch.remove(in);
    heard.clear();
    foreign("echo a > in/later");
    watch.next(0, this);
    assertThat(heard).isEmpty();
    assertThat(watch.directoryCount()).isZero();
    in.release(1);
  }

  private void foreign(String script) throws IOException, InterruptedException {
    Process shell = new ProcessBuilder("sh", "-ec", script).directory(folder.toFile()).start();
    assertThat(shell.waitFor()).isZero();
  }

  @Override
  public void nameChanged(BackingNode directory, byte[] name) {
    heard.add("name " + new String(name, StandardCharsets.UTF_8));
  }

  @Override
  public void contentChanged(BackingNode directory, byte[] name) {
    heard.add("content " + new String(name, StandardCharsets.UTF_8));
  }

  @Override
  public void directoryChanged(BackingNode directory) {
    heard.add("directory");
  }

  @Override
  public void lostChanges() {
    heard.add("lost");
  }
}
