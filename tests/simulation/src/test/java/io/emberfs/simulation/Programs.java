package io.emberfs.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Caller;
import io.emberfs.core.Namespace.Created;
import io.emberfs.engine.file.OpenFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The programs that use the mount: each does one thing at a time, on an actor of its own, and what
 * it is answered is judged.
 */
final class Programs {
  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0200;
  private static final int O_TRUNC = 01000;
  private static final int O_DSYNC = 010000;
  private static final int HANDLES_MAX = 3;
  private static final int READ_BYTES_MAX = 200_000;
  private static final byte UNTOUCHED = (byte) 0xEE;

  private final World world;
  private final RandomGenerator random;
  private final List<Program> programs = new ArrayList<>();
  private final @Nullable FileHistory[] slots;
  private final Choices choices;
  private Mount mount;
  private int nameCount;

  private record Handle(CachedFile file, FileHistory history, boolean writes, boolean syncs) {}

  private final class Program {
    final MemorySegment memory = world.allocate(READ_BYTES_MAX);
    final List<Handle> handles = new ArrayList<>();
    boolean busy;
  }

  Programs(World world, Mount mount) {
    this.world = world;
    this.random = world.random;
    this.mount = mount;
    slots = new FileHistory[world.weather.fileCount()];
    choices = new Choices(world);
    for (int i = 0; i < world.weather.clientCount(); i++) {
      programs.add(new Program());
    }
    for (int i = 0; i < slots.length; i++) {
      String name = newName();
      byte[] content = world.bytes(random.nextInt(world.weather.fileBytesMax()));
      world.disk.changeBehind(name, content);
      slots[i] =
          world.enter(name, world.disk.lookup(world.disk.root(), name.getBytes(UTF_8)), content);
    }
  }

  /** Files that have a name. */
  List<FileHistory> files() {
    List<FileHistory> files = new ArrayList<>();
    for (FileHistory file : slots) {
      if (file != null && !file.isUnlinked()) {
        files.add(file);
      }
    }
    return files;
  }

  boolean isAnyIdle() {
    return programs.stream().anyMatch(program -> !program.busy);
  }

  boolean isAnyBusy() {
    return programs.stream().anyMatch(program -> program.busy);
  }

  /** The process that served them is dead; what they had open is gone. */
  void remounted(Mount fresh) {
    mount = fresh;
    for (Program program : programs) {
      program.busy = false;
      program.handles.clear();
    }
    for (int i = 0; i < slots.length; i++) {
      FileHistory file = slots[i];
      slots[i] = file == null || file.isUnlinked() ? null : file;
    }
    world.files().forEach(FileHistory::restarted);
  }

  /** Lets an idle program begin something. */
  void begin() {
    List<Program> idle = programs.stream().filter(program -> !program.busy).toList();
    Program program = idle.get(random.nextInt(idle.size()));
    int slot = random.nextInt(slots.length);
    FileHistory file = slots[slot];
    if (file == null) {
      create(program, slot);
    } else if (program.handles.isEmpty()
        || program.handles.size() < HANDLES_MAX && random.nextInt(8) == 0) {
      open(program, file);
    } else if (random.nextInt(12) == 0) {
      close(program, random.nextInt(program.handles.size()));
    } else {
      begin(program, program.handles.get(random.nextInt(program.handles.size())), slot, file);
    }
  }

  private void begin(Program program, Handle handle, int slot, FileHistory file) {
    switch (choices.kind()) {
      case READ ->
          read(program, handle, choices.position(handle.history), choices.length(READ_BYTES_MAX));
      case WRITE -> write(program, handle, false);
      case APPEND -> write(program, handle, true);
      case TRUNCATE -> truncate(program, file);
      case ALLOCATE -> allocate(program, handle);
      case COPY ->
          copy(program, program.handles.get(random.nextInt(program.handles.size())), handle);
      case SYNC -> sync(program, handle);
      case UNLINK -> unlink(program, slot, file);
      case CHANGE_MODE -> changeMode(program, file);
      case STAT -> stat(program, file);
      case DROP -> drop(program);
      case INVALIDATE -> with(program, "invalidate", file, () -> cache().invalidate(file.node()));
      case SQUEEZE -> with(program, "squeeze", file, mount::squeeze);
      case PIN -> with(program, "pin", file, () -> mount.pin(file.name()));
    }
  }

  // Opening and closing.

  private void open(Program program, FileHistory file) {
    boolean truncates = random.nextInt(25) == 0;
    boolean syncs = random.nextInt(10) == 0;
    int flags =
        random.nextInt(4) == 0
            ? O_RDONLY
            : O_RDWR | (truncates ? O_TRUNC : 0) | (syncs ? O_DSYNC : 0);
    Activity activity = new Activity("open " + file.name(), (flags & O_TRUNC) == 0 ? null : file);
    run(program, activity, () -> program.handles.add(opened(activity, file, flags)));
  }

  /** Opens a file, which is entered until the handle is closed. */
  private Handle opened(Activity activity, FileHistory file, int flags) {
    int seen = file.last();
    file.enter();
    boolean done = false;
    try {
      CachedFile cached = cache().open(file.node(), flags);
      done = true;
      mount.noteFileId(((OpenFile) cached).state().fileId());
      file.opened(seen);
      world.trace.note("opened " + file.name() + ", saw state:", seen, flags);
      return new Handle(cached, file, flags != O_RDONLY, (flags & O_DSYNC) != 0);
    } finally {
      acknowledge(activity, file);
      if (!done) {
        leave(file);
      }
    }
  }

  private void create(Program program, int slot) {
    String name = newName();
    Activity activity = new Activity("create " + name, null);
    run(
        program,
        activity,
        () -> {
          Created created =
              mount
                  .backing()
                  .create(
                      mount.backing().root(),
                      name.getBytes(UTF_8),
                      O_RDWR | O_EXCL,
                      0644,
                      new Caller(0, 0, 0, 0));
          FileHistory file = world.of(created.node());
          // Until the first look at its version whatever happens to it is taken for part of its
          // making.
          file.enterWindow();
          file.enter();
          boolean done = false;
          try {
            CachedFile cached = cache().created(created, O_RDWR);
            done = true;
            mount.noteFileId(((OpenFile) cached).state().fileId());
            program.handles.add(new Handle(cached, file, true, false));
          } finally {
            file.leaveWindow();
            slots[slot] = slots[slot] == null ? file : slots[slot];
            if (!done) {
              leave(file);
            }
          }
        });
  }

  private void close(Program program, int index) {
    Handle handle = program.handles.remove(index);
    run(program, new Activity("close " + handle.history.name(), null), () -> close(handle));
  }

  private void close(Handle handle) {
    cache().close(handle.file);
    leave(handle.history);
  }

  private void leave(FileHistory file) {
    if (file.leave()) {
      cache().forget(file.node());
    }
  }

  /** Lets every program close what it has open. */
  void closeAll() {
    for (Program program : programs) {
      List<Handle> handles = List.copyOf(program.handles);
      program.handles.clear();
      run(program, new Activity("close all", null), () -> handles.forEach(this::close));
    }
  }

  // Reading.

  private void read(Program program, Handle handle, long offset, int length) {
    Activity activity = new Activity("read " + handle.history.name(), null);
    run(program, activity, () -> readAndJudge(program, handle, offset, length));
  }

  private void readAndJudge(Program program, Handle handle, long offset, int length) {
    FileHistory file = handle.history;
    MemorySegment target = program.memory.asSlice(0, length);
    target.fill(UNTOUCHED);
    FileHistory.Start start = file.begin();
    world.trace.note("read begins, must see state:", start.least(), offset);
    int count = cache().readNow(handle.file, offset, length, target, 1);
    boolean hit = count != BlockCache.WOULD_WAIT;
    if (!hit) {
      world.scheduler.pause();
      count = cache().read(handle.file, offset, length, target, 1);
    }
    world.trace.note(hit ? "read hits, bytes:" : "read ends, bytes:", count, offset);
    boolean mayTear = world.scheduler.activity().isPassedThrough();
    file.check(start, offset, length, target, count, mayTear);
  }

  /** Opens every file, reads all of it and closes it: nothing but the last state will do. */
  void readEverything() {
    Program program = programs.getFirst();
    run(
        program,
        new Activity("read everything", null),
        () -> {
          for (FileHistory file : files()) {
            Activity activity = world.scheduler.activity();
            Handle handle = opened(activity, file, O_RDONLY);
            for (long at = 0; at <= file.content().length; ) {
              int length = choices.length(READ_BYTES_MAX);
              readAndJudge(program, handle, at, length);
              at += length;
            }
            close(handle);
          }
        });
  }

  // Changing.

  private void write(Program program, Handle handle, boolean appends) {
    FileHistory file = handle.history;
    if (!handle.writes || file.content().length > 2 * world.weather.fileBytesMax()) {
      read(program, handle, choices.position(file), choices.length(READ_BYTES_MAX));
      return;
    }
    long offset = choices.position(file);
    byte[] bytes = world.bytes(choices.length(3 * world.weather.blockSize()));
    Activity activity = new Activity((appends ? "append " : "write ") + file.name(), file);
    run(
        program,
        activity,
        () -> {
          MemorySegment source = program.memory.asSlice(0, bytes.length);
          MemorySegment.copy(bytes, 0, source, ValueLayout.JAVA_BYTE, 0, bytes.length);
          try {
            int count =
                appends
                    ? cache().append(handle.file, source, 1)
                    : cache().write(handle.file, offset, source, 1);
            if (count < bytes.length && !activity.isFaulted()) {
              throw new AssertionError("wrote %d of %d".formatted(count, bytes.length));
            }
            require(count == activity.appliedBytes(), "a write answered another number of bytes");
            require(
                !handle.syncs || file.durable() >= activity.lastEvent(),
                "a write to a file opened with O_DSYNC was answered and is not durable");
            world.trace.note("write ends, bytes:", count, offset);
          } finally {
            acknowledge(activity, file);
          }
        });
  }

  private void truncate(Program program, FileHistory file) {
    long size = random.nextInt(world.weather.fileBytesMax());
    changing(program, "truncate", file, () -> cache().truncate(file.node(), size));
  }

  private void allocate(Program program, Handle handle) {
    FileHistory file = handle.history;
    int mode = choices.allocateMode();
    long offset = choices.position(file);
    int length = choices.length(2 * world.weather.blockSize());
    if (handle.writes) {
      changing(
          program, "allocate", file, () -> cache().allocate(handle.file, mode, offset, length));
    }
  }

  private void copy(Program program, Handle from, Handle to) {
    if (!to.writes || from.history == to.history) {
      return;
    }
    long offset = choices.position(from.history);
    long targetOffset = choices.position(to.history);
    int length = choices.length(2 * world.weather.blockSize());
    changing(
        program,
        "copy",
        to.history,
        () -> {
          long count = cache().copyRange(from.file, offset, to.file, targetOffset, length);
          require(
              count == world.scheduler.activity().appliedBytes(),
              "a copy answered another number of bytes");
        });
  }

  private void changeMode(Program program, FileHistory file) {
    changing(
        program,
        "chmod",
        file,
        () ->
            cache()
                .changeInode(
                    file.node(),
                    () ->
                        mount
                            .backing()
                            .change(
                                file.node(), new AttributeChange(0600, null, null, null, null))));
  }

  private void sync(Program program, Handle handle) {
    FileHistory file = handle.history;
    run(
        program,
        new Activity("sync " + file.name(), null),
        () -> {
          int answered = file.acknowledged();
          cache().sync(handle.file, random.nextBoolean());
          require(
              file.durable() >= answered,
              "a sync was answered and what came before is not durable");
        });
  }

  private void unlink(Program program, int slot, FileHistory file) {
    Activity activity = new Activity("unlink " + file.name(), file);
    run(
        program,
        activity,
        () -> {
          if (file.isUnlinked()) {
            return;
          }
          file.enter();
          try {
            cache()
                .changeInode(
                    file.node(),
                    () -> {
                      if (!file.isUnlinked()) {
                        mount.backing().unlink(mount.backing().root(), file.name().getBytes(UTF_8));
                      }
                    });
          } finally {
            if (file.isUnlinked() && slots[slot] == file) {
              slots[slot] = null;
            }
            leave(file);
          }
        });
  }

  // Everything else.

  private void stat(Program program, FileHistory file) {
    with(
        program,
        "stat",
        file,
        () -> {
          var _ = cache().attributes(file.node());
        });
  }

  private void drop(Program program) {
    String tier = random.nextInt(3) == 0 ? "ssd" : random.nextBoolean() ? "ram" : "all";
    run(
        program,
        new Activity("drop " + tier, null),
        () -> {
          long _ = cache().drop(tier);
        });
  }

  private void changing(Program program, String what, FileHistory file, Runnable body) {
    Activity activity = new Activity(what + " " + file.name(), file);
    run(
        program,
        activity,
        () -> {
          file.enter();
          try {
            body.run();
          } finally {
            acknowledge(activity, file);
            leave(file);
          }
        });
  }

  private void with(Program program, String what, FileHistory file, Runnable body) {
    run(
        program,
        new Activity(what + " " + file.name(), null),
        () -> {
          file.enter();
          try {
            body.run();
          } finally {
            leave(file);
          }
        });
  }

  private void acknowledge(Activity activity, FileHistory file) {
    if (activity.lastEvent() >= 0) {
      file.acknowledge(activity.lastEvent());
    }
  }

  /** Runs one operation; errors are answers only where something was made to fail. */
  private void run(Program program, Activity activity, Runnable body) {
    program.busy = true;
    world.scheduler.start(
        activity,
        () -> {
          try {
            body.run();
          } catch (BackingException refused) {
            world.trace.note("answered with errno", refused.errno(), 0);
            if (!activity.isFaulted()) {
              throw new AssertionError(
                  activity.what() + " failed though nothing was made to: " + refused.getMessage(),
                  refused);
            }
          } finally {
            activity.end();
          }
          program.busy = false;
        });
  }

  private BlockCache cache() {
    return mount.cache();
  }

  private String newName() {
    return "f" + nameCount++;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
