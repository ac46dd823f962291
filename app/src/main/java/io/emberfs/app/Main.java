package io.emberfs.app;

import io.emberfs.app.command.Console;
import io.emberfs.app.command.Verbs;
import io.emberfs.app.daemon.HeadStart;
import java.nio.file.Path;

/** Where the process begins and ends. */
public final class Main {
  private Main() {}

  /** Runs the verb that the arguments name and ends the process with its exit code. */
  public static void main(String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals("mount")) {
      HeadStart.begin();
    }
    Console console =
        new Console(
            System.out,
            System.err,
            System.getenv(),
            Path.of(System.getProperty("emberfs.directory", "")));
    System.exit(new Verbs(console).run(arguments).number());
  }
}
