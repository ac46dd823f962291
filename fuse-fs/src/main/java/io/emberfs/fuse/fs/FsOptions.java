package io.emberfs.fuse.fs;

/**
 * How the file system behaves.
 *
 * @param attrTtlNanos how long the kernel may remember attributes
 * @param entryTtlNanos how long the kernel may remember names, those that do not exist included
 * @param kernelCache whether the kernel may keep pages of files
 * @param extendedAttributes whether extended attributes are served; if not, the kernel never asks
 *     again
 * @param readOnly whether every change is refused
 * @param workersPerUserMax workers that one user other than root can have at a time
 */
public record FsOptions(
    long attrTtlNanos,
    long entryTtlNanos,
    boolean kernelCache,
    boolean extendedAttributes,
    boolean readOnly,
    int workersPerUserMax) {
  public FsOptions {
    if (attrTtlNanos < 0 || entryTtlNanos < 0) {
      throw new IllegalArgumentException(
          "negative validity: attributes "
              + attrTtlNanos
              + " ns, entries "
              + entryTtlNanos
              + " ns");
    }
  }
}
