package io.emberfs.app.answer;

/** The exit codes that scripts may rely on. */
public enum ExitCode {
  OK(0),
  FAILED(1),
  USAGE(2),
  FOUND_PROBLEMS(3),
  NOT_MOUNTED(4),
  BUSY(5),
  TIMED_OUT(6),
  /** A needed device or helper program is missing. */
  UNAVAILABLE(69),
  PERMISSION(77),
  /** The configuration, the state directory or the JDK is not usable. */
  CONFIGURATION(78);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** What the process ends with. */
  public int number() {
    return number;
  }

  /** The code with this number; {@link #FAILED} for one that is not known. */
  public static ExitCode of(int number) {
    for (ExitCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    return FAILED;
  }
}
