package io.emberfs.app.answer;

/**
 * The user asked for something that cannot be done: what, why, and what to do instead. Thrown
 * before anything is changed, or after what was changed has been put back.
 */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final String what;
  private final String why;
  private final String fix;

  /**
   * @param exitCode what the process ends with
   * @param what failed, for example {@code cannot mount on /data}
   * @param why with values and units
   * @param fix what to do
   */
  public Refusal(ExitCode exitCode, String what, String why, String fix) {
    super(what + ": " + why, null, false, false);
    this.exitCode = exitCode;
    this.what = what;
    this.why = why;
    this.fix = fix;
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  public String what() {
    return what;
  }

  public String why() {
    return why;
  }

  public String fix() {
    return fix;
  }

  /** The message for the user, two lines without a closing line break. */
  public String text() {
    return "emberfs: " + what + ": " + why + "\nfix: " + fix;
  }
}
