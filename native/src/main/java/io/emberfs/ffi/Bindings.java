package io.emberfs.ffi;

import java.lang.invoke.MethodHandles;
import java.util.List;

/** All bindings that a mount needs, together. */
public final class Bindings {
  private static final List<Class<?>> OF_A_MOUNT =
      List.of(
          Credentials.class,
          FileCalls.class,
          InodeCalls.class,
          FileSystemCalls.class,
          DirectoryCalls.class,
          Statx.class,
          Statfs.class,
          NativeMemory.class,
          CpuClock.class,
          Fanotify.class,
          MountCalls.class,
          FuseDevice.class);

  private Bindings() {}

  /**
   * Links what a mount will call, in the order of its first use: a tenth of a second that need not
   * be waited for if it is done beside something else. Any thread; without effect the second time.
   */
  public static void linkAhead() {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    try {
      for (Class<?> binding : OF_A_MOUNT) {
        lookup.ensureInitialized(binding);
      }
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
