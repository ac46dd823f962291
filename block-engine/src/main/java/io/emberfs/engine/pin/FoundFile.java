package io.emberfs.engine.pin;

/**
 * A regular file at a path, compared with the backing when it was found.
 *
 * @param path as in {@link io.emberfs.core.Pins}
 * @param fileGeneration that its blocks have then
 */
record FoundFile(String path, long fileId, long fileGeneration, long sizeBytes) {}
