package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.io.IOException;

/** One verb of the command line, with its options filled in. */
interface Verb {
  /**
   * Does it.
   *
   * @throws Refusal if it cannot be done; printed by the caller
   */
  ExitCode run(Console console) throws Refusal, IOException;
}
