package io.emberfs.fuse.fs;

import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.MountSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;

/** Remembers what the kernel would have been told. */
final class RecordingTransport implements FuseTransport {
  final List<Long> told = new ArrayList<>();
  final List<Long> attributesTold = new ArrayList<>();

  /** What the kernel does with nodes that it is asked to forget; whether it knows the question. */
  Predicate<long[]> pruning = nodeIds -> false;

  @Override
  public String name() {
    return "recording";
  }

  @Override
  public String reason() {
    return "";
  }

  @Override
  public void mount(MountSpec spec, FsHandler handler) {}

  @Override
  public boolean awaitMounted(Duration timeout) {
    return true;
  }

  @Override
  public void awaitUnmounted() {}

  @Override
  public boolean unmount(boolean lazy) {
    return true;
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(4096, 4096, 2, EnumSet.allOf(Feature.class));
  }

  @Override
  public boolean notifyInvalidInode(long nodeId, long offset, long length) {
    return offset < 0 ? attributesTold.add(nodeId) : told.add(nodeId);
  }

  @Override
  public boolean notifyPrune(long[] nodeIds, int count) {
    return pruning.test(Arrays.copyOf(nodeIds, count));
  }

  @Override
  public long bufferBytesMax() {
    return 0;
  }

  @Override
  public void close() {}
}
