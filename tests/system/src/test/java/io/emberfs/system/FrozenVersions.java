package io.emberfs.system;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileVersion;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A backing that hides every change of a file: modification and status change time stand still. */
final class FrozenVersions {
  /** Long ago, so that no file counts as young. */
  private static final long FROZEN_NANOS = 1_500_000_000_000_000_000L;

  private FrozenVersions() {}

  static BackingStore around(BackingStore store) {
    return proxy(BackingStore.class, store);
  }

  private static <T> T proxy(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              try {
                return frozen(method.invoke(target, arguments));
              } catch (InvocationTargetException wrapped) {
                // A backing throws nothing that is checked.
                throw wrapped.getCause() instanceof BackingException refused
                    ? refused
                    : new AssertionError(method + " failed", wrapped.getCause());
              }
            }));
  }

  private static @Nullable Object frozen(@Nullable Object result) {
    return switch (result) {
      case FileVersion version ->
          new FileVersion(version.identity(), version.size(), FROZEN_NANOS, FROZEN_NANOS);
      case Attributes real ->
          new Attributes(
              real.inode(),
              real.size(),
              real.blocks(),
              real.atimeNanos(),
              FROZEN_NANOS,
              FROZEN_NANOS,
              real.mode(),
              real.linkCount(),
              real.uid(),
              real.gid(),
              real.rdev(),
              real.blockSize(),
              real.birthNanos());
      case BackingFile file -> proxy(BackingFile.class, file);
      case null, default -> result;
    };
  }
}
