package io.emberfs.simulation;

import java.lang.reflect.Constructor;
import java.util.concurrent.Executor;

/**
 * Makes virtual threads that an executor of ours runs. Java has no public way to do that, so this
 * one goes to the constructor itself.
 */
final class Actors {
  private static final Constructor<?> VIRTUAL_THREAD = constructor();

  /** The engine chooses small tables by the lowest bits of a thread's id. */
  private static final int ID_RESIDUES = 16;

  private static final int NO_CHARACTERISTICS = 0;

  private Actors() {}

  /**
   * A thread that is not started.
   *
   * @param scheduler gets the rest of the thread's work each time that it can go on; has to run it
   *     on a platform thread
   * @param number what the thread's id shall be modulo 16: ids go on from run to run, and the same
   *     seed must see the same thread choose the same table
   */
  static Thread thread(Executor scheduler, String name, int number, Runnable body) {
    Thread thread;
    do {
      try {
        thread = (Thread) VIRTUAL_THREAD.newInstance(scheduler, name, NO_CHARACTERISTICS, body);
      } catch (ReflectiveOperationException refused) {
        throw new IllegalStateException("no virtual thread with a scheduler of ours", refused);
      }
    } while ((thread.threadId() & (ID_RESIDUES - 1)) != (number & (ID_RESIDUES - 1)));
    return thread;
  }

  private static Constructor<?> constructor() {
    try {
      Constructor<?> found =
          Class.forName("java.lang.VirtualThread")
              .getDeclaredConstructor(Executor.class, String.class, int.class, Runnable.class);
      found.setAccessible(true);
      return found;
    } catch (ReflectiveOperationException missing) {
      throw new IllegalStateException(
          "this JDK makes virtual threads otherwise; see Actors", missing);
    }
  }
}
