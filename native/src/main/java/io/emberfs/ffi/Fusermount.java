package io.emberfs.ffi;

import java.util.List;

/**
 * {@code fusermount3}, the program of libfuse by which a user without root mounts and unmounts
 * (fusermount3(1)). It opens the device, mounts it with the options that it allows, and hands it
 * over through a socket whose number it finds in {@code _FUSE_COMMFD}.
 *
 * <p>Any thread; each call waits for the program, which is killed where it says nothing for {@value
 * #SECONDS_MAX} seconds.
 */
public final class Fusermount {
  private static final String PROGRAM = "fusermount3";
  private static final int SECONDS_MAX = 30;
  private static final int MESSAGE_BYTES_MAX = 4096;
  private static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C");

  private Fusermount() {}

  /**
   * What the program did.
   *
   * @param result of {@link #mount}: the device, the caller's to close; of {@link #unmount}: 0; or
   *     the negated errno of what failed here; or {@link #REFUSED}
   * @param message what it said, without its name; empty if it said nothing
   */
  public record Outcome(int result, String message) {}

  /** The program refused; its message says why. */
  public static final int REFUSED = Integer.MIN_VALUE;

  /**
   * Mounts.
   *
   * @param mountPoint an existing directory of the user's
   * @param options as for {@code -o}
   */
  public static Outcome mount(String mountPoint, String options) {
    int[] device = new int[2];
    int result = Spawn.socketPair(device, SECONDS_MAX);
    if (result < 0) {
      return new Outcome(result, "");
    }
    try {
      return run(List.of(PROGRAM, "-o", options, "--", mountPoint), device);
    } finally {
      FuseDevice.close(device[0]);
    }
  }

  /**
   * Unmounts what this user has mounted.
   *
   * @param lazy detach now, end when the last user leaves
   */
  public static Outcome unmount(String mountPoint, boolean lazy) {
    return run(List.of(PROGRAM, lazy ? "-uz" : "-u", "--", mountPoint), new int[0]);
  }

  /** A value within a list of options, in which a comma would end it. */
  public static String escaped(String value) {
    return value.replace("\\", "\\\\").replace(",", "\\,");
  }

  /**
   * @param device the two ends by which the device comes, the second one closed here; or nothing if
   *     none comes
   */
  private static Outcome run(List<String> command, int[] device) {
    boolean isGiven = device.length > 0;
    int[] messages = new int[2];
    int process = Spawn.socketPair(messages, SECONDS_MAX);
    if (process == 0) {
      List<String> environment =
          isGiven
              ? List.of(
                  ENVIRONMENT.get(0), ENVIRONMENT.get(1), "_FUSE_COMMFD=" + Spawn.PASSED_DESCRIPTOR)
              : ENVIRONMENT;
      process = Spawn.start(command, environment, messages[1], isGiven ? device[1] : -1);
      FuseDevice.close(messages[1]);
    }
    if (isGiven) {
      // Only the program has it now: its end is the end of the stream.
      FuseDevice.close(device[1]);
    }
    if (process < 0) {
      FuseDevice.close(messages[0]);
      return new Outcome(process, "");
    }
    int received = isGiven ? Spawn.receiveDescriptor(device[0]) : 0;
    String message = Spawn.readMessages(messages[0], process, MESSAGE_BYTES_MAX);
    FuseDevice.close(messages[0]);
    boolean succeeded = Spawn.succeeded(process);
    if (succeeded && received >= 0) {
      return new Outcome(received, message);
    }
    if (isGiven && received >= 0) {
      FuseDevice.close(received);
    }
    return new Outcome(REFUSED, message.replace(PROGRAM + ": ", ""));
  }
}
