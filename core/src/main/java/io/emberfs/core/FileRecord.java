package io.emberfs.core;

/**
 * What is remembered of a file that has cached blocks.
 *
 * @param fileId the engine's number of the file
 * @param fileGeneration blocks of this generation belong to {@code version}; all others are dead
 * @param version the content that the blocks were read from
 */
public record FileRecord(long fileId, long fileGeneration, FileVersion version) {}
