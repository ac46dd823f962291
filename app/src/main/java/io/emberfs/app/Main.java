package io.emberfs.app;

import io.emberfs.app.command.Console;
import io.emberfs.app.command.Verbs;
import java.nio.file.Path;

/** Where the process begins and ends. */
public final class Main {
  private Main() {}

  /** Runs the verb that the arguments name and ends the process with its exit code. */
  public static void main(String[] arguments) {
    Console console =
        new Console(
            System.out,
            System.err,
            System.getenv(),
            Path.of(System.getProperty("emberfs.directory", "")));
    System.exit(new Verbs(console).run(arguments).number());
  }
}
