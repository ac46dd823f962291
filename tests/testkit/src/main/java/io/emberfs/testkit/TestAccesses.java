package io.emberfs.testkit;

import io.emberfs.core.Access;
import io.emberfs.core.Access.Operation;
import io.emberfs.core.Access.Source;

/** Short ways to say an access, for tests of what learns from them. */
public final class TestAccesses {
  private TestAccesses() {}

  /** A read of one process that needed the backing. */
  public static Access read(long fileId, long offset, int length, long fileSize) {
    return of(fileId, offset, length, fileSize, Operation.READ, 1);
  }

  /** A read of this process that needed the backing. */
  public static Access read(long fileId, long offset, int length, long fileSize, int process) {
    return of(fileId, offset, length, fileSize, Operation.READ, process);
  }

  /** An open. */
  public static Access open(long fileId, long fileSize) {
    return of(fileId, 0, 0, fileSize, Operation.OPEN, 1);
  }

  /** A write. */
  public static Access write(long fileId, long offset, int length, long fileSize) {
    return of(fileId, offset, length, fileSize, Operation.WRITE, 1);
  }

  private static Access of(
      long fileId, long offset, int length, long fileSize, Operation operation, int process) {
    return new Access(fileId, offset, length, fileSize, 0, operation, process, Source.BACKING);
  }
}
