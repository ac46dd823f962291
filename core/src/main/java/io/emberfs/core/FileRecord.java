package io.emberfs.core;

/**
 * What is remembered of a file that has cached blocks.
 *
 * @param fileId the engine's number of the file
 * @param fileGeneration blocks of this generation belong to {@code version}; all others are dead
 * @param version the content that the blocks were read from
 * @param unsyncedIn while a power cut may still take that content from the backing and leave its
 *     times: the {@link BackingStore#incarnation()} that it was seen in; 0 once it is durable there
 */
public record FileRecord(long fileId, long fileGeneration, FileVersion version, long unsyncedIn) {}
