package io.emberfs.simulation;

import io.emberfs.core.BackingException;
import io.emberfs.core.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Lets actors take turns on the calling thread. An actor is a virtual thread whose work this class
 * runs, piece by piece: from one {@link #pause} to the next, or to a lock, a latch or a pool that
 * makes it wait. Who goes on is drawn from the seed. So locks are real locks, one piece is never
 * mixed with another, and the same seed makes the same run.
 *
 * <p>A role of the engine ({@link #loop}) may be asked for its next step at any time, which is more
 * often than the mount asks it.
 *
 * <p>One thread calls everything but {@link #pause}, which is for the actors.
 */
final class Scheduler implements Workers {
  /** Thrown out of {@link #pause} when the process is killed: everything on the stack is gone. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("killed", null, false, false);
    }
  }

  private static final int PICKS = 4;
  private static final double IDLE_ROLE_CHANCE = 0.15;
  private static final int SLEEP_STEPS_MAX = 80;

  private final RandomGenerator random;
  private final Trace trace;
  private final double sleepChance;
  private final List<Actor> runnable = new ArrayList<>();
  private final List<Actor> living = new ArrayList<>();
  private final Activity driver = new Activity("driver", null);
  private int actorCount;
  private long stepCount;
  private @Nullable Actor current;
  private @Nullable Throwable failure;
  private boolean crashing;
  private boolean loopsEnd;

  /**
   * @param sleepChance how often a pause becomes a long one
   */
  Scheduler(RandomGenerator random, Trace trace, double sleepChance) {
    this.random = random;
    this.trace = trace;
    this.sleepChance = sleepChance;
  }

  /** One thread of the run. */
  private final class Actor {
    final String name;
    final int number = ++actorCount;
    Activity activity;
    Runnable rest = () -> {};
    Thread thread;
    boolean idle;
    long asleepUntil;

    Actor(String name, Activity activity, Runnable body) {
      this.name = name;
      this.activity = activity;
      thread = Actors.thread(this::becameRunnable, name, number, () -> live(body));
    }

    private void becameRunnable(Runnable continuation) {
      rest = continuation;
      runnable.add(this);
    }

    private void live(Runnable body) {
      try {
        body.run();
      } catch (Crash killed) {
        // As intended.
      } catch (Throwable thrown) {
        if (failure == null && !crashing) {
          failure = thrown;
        }
      } finally {
        living.remove(this);
      }
    }
  }

  /** Starts an actor that does one thing and ends. */
  void start(Activity activity, Runnable body) {
    Actor actor = new Actor(activity.what(), activity, body);
    living.add(actor);
    actor.thread.start();
  }

  @Override
  public boolean execute(Runnable task) {
    start(new Activity("task", null), task);
    return true;
  }

  @Override
  public void loop(String threadName, long idleMillis, Step step) {
    Actor[] self = new Actor[1];
    Supplier<Activity> fresh = () -> new Activity(threadName, null);
    self[0] =
        new Actor(
            threadName,
            fresh.get(),
            () -> {
              while (true) {
                self[0].idle = true;
                pause();
                self[0].idle = false;
                if (loopsEnd) {
                  return;
                }
                self[0].activity = fresh.get();
                try {
                  int _ = step.run();
                } catch (BackingException refused) {
                  // As the workers of a mount do: the role goes on.
                  if (!self[0].activity.isFaulted()) {
                    throw new AssertionError(threadName + " failed without a cause", refused);
                  }
                } finally {
                  self[0].activity.end();
                }
              }
            });
    living.add(self[0]);
    self[0].thread.start();
  }

  /** Loops end when their step does. */
  @Override
  public void close() {
    loopsEnd = true;
    runUntilNobodyIsLeft("the end of the roles");
    loopsEnd = false;
  }

  /** What the caller is doing: an actor's activity, or the driver's. */
  Activity activity() {
    Actor actor = current;
    return actor == null ? driver : actor.activity;
  }

  /** Everything that is being done now; a role between two steps does nothing. */
  List<Activity> activities() {
    List<Activity> all = new ArrayList<>();
    for (Actor actor : living) {
      if (!actor.idle) {
        all.add(actor.activity);
      }
    }
    return all;
  }

  /** Lets others go on; the driver is alone and just continues. */
  void pause() {
    Actor actor = current;
    if (actor == null) {
      return;
    }
    if (crashing) {
      throw new Crash();
    }
    if (sleepChance > 0 && !actor.idle && random.nextDouble() < sleepChance) {
      actor.asleepUntil = stepCount + random.nextInt(SLEEP_STEPS_MAX);
    }
    Thread.yield();
    if (crashing) {
      throw new Crash();
    }
  }

  /** Whether somebody can go on who is not a role between two steps. */
  boolean hasBusy() {
    for (Actor actor : runnable) {
      if (!actor.idle) {
        return true;
      }
    }
    return false;
  }

  /** Whether an actor is at work or waits; roles between two steps do not count. */
  boolean isAnybodyBusy() {
    for (Actor actor : living) {
      if (!actor.idle) {
        return true;
      }
    }
    return false;
  }

  /** Gives one actor its next piece. */
  void step() {
    if (runnable.isEmpty()) {
      throw new AssertionError("nobody can go on: " + waiting());
    }
    stepCount++;
    int chosen = random.nextInt(runnable.size());
    for (int pick = 1; pick < PICKS; pick++) {
      Actor actor = runnable.get(chosen);
      boolean passes =
          actor.asleepUntil <= stepCount && (!actor.idle || random.nextDouble() < IDLE_ROLE_CHANCE);
      if (passes) {
        break;
      }
      chosen = random.nextInt(runnable.size());
    }
    run(runnable.remove(chosen));
    rethrow();
  }

  /** As {@link #step}, but a role begins no step. */
  void stepBusy() {
    List<Actor> busy = runnable.stream().filter(actor -> !actor.idle).toList();
    if (busy.isEmpty()) {
      throw new AssertionError("nobody can go on: " + waiting());
    }
    stepCount++;
    Actor actor = busy.get(random.nextInt(busy.size()));
    runnable.remove(actor);
    run(actor);
    rethrow();
  }

  /** Gives up everything that is under way, as the death of the process does. */
  void crash() {
    crashing = true;
    try {
      while (!runnable.isEmpty()) {
        run(runnable.removeLast());
      }
    } finally {
      crashing = false;
    }
    if (!living.isEmpty()) {
      throw new AssertionError("waits for ever, even after a kill: " + waiting());
    }
  }

  /** How many pieces were run. */
  long stepCount() {
    return stepCount;
  }

  private void runUntilNobodyIsLeft(String what) {
    while (!living.isEmpty()) {
      if (runnable.isEmpty()) {
        throw new AssertionError(what + " never comes: " + waiting());
      }
      stepCount++;
      run(runnable.remove(random.nextInt(runnable.size())));
      rethrow();
    }
  }

  private void run(Actor actor) {
    current = actor;
    trace.turn(actor.number, actor.activity.what());
    try {
      actor.rest.run();
    } finally {
      current = null;
    }
  }

  private void rethrow() {
    Throwable thrown = failure;
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown != null) {
      throw new AssertionError("an actor ended with " + thrown, thrown);
    }
  }

  private String waiting() {
    StringBuilder text = new StringBuilder();
    for (Actor actor : living) {
      text.append("\n  ").append(actor.activity.what());
      Arrays.stream(actor.thread.getStackTrace())
          .filter(frame -> frame.getClassName().startsWith("io.emberfs"))
          .limit(6)
          .forEach(frame -> text.append("\n    at ").append(frame));
    }
    return text.toString();
  }
}
