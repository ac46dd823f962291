package io.emberfs.app.daemon;

import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.MountSpec;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A mount without a kernel: busy or not as the test says, and a list of what was asked of it. */
final class FakeTransport implements FuseTransport {
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final CountDownLatch unmounted = new CountDownLatch(1);
  private volatile boolean busy;
  private volatile boolean answers = true;

  List<String> calls() {
    return calls;
  }

  void becomeBusy() {
    busy = true;
  }

  void stayMute() {
    answers = false;
  }

  /** As umount(8) by somebody else, or the last user leaving a detached mount. */
  void endByItself() {
    unmounted.countDown();
  }

  @Override
  public String name() {
    return "dev";
  }

  @Override
  public String reason() {
    return "told by the test";
  }

  @Override
  public void mount(MountSpec spec, FsHandler handler) {
    calls.add("mount");
  }

  @Override
  public boolean awaitMounted(Duration timeout) {
    return answers;
  }

  @Override
  public void awaitUnmounted() throws InterruptedException {
    unmounted.await();
  }

  @Override
  public boolean unmount(boolean lazy) {
    calls.add(lazy ? "unmount lazily" : "unmount");
    boolean detached = lazy || !busy;
    if (detached && !busy) {
      unmounted.countDown();
    }
    return detached;
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(1 << 20, 1 << 20, 1, EnumSet.allOf(Feature.class));
  }

  @Override
  public boolean notifyInvalidInode(long nodeId, long offset, long length) {
    return false;
  }

  @Override
  public long bufferBytesMax() {
    return 0;
  }

  @Override
  public void close() {
    calls.add("close");
    unmounted.countDown();
  }
}
