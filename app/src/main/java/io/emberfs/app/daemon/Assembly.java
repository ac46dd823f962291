package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.core.Meters;

/** Puts the rooms together: the one class that names the concrete classes of the other modules. */
public final class Assembly implements Daemon.Assembler {
  @Override
  public AssembledMount assemble(MountConfiguration configuration, Meters meters) throws Refusal {
    throw new Refusal(
        ExitCode.UNAVAILABLE,
        "cannot mount on " + configuration.mountPoint(),
        "this build has no file system yet",
        "build a later version");
  }
}
