package io.emberfs.engine.namespace;

import org.jspecify.annotations.Nullable;

/**
 * What the backing answered about one extended attribute of a node.
 *
 * @param value not changed by anybody; empty with an errno
 * @param errno why there is no value, or 0
 * @param next another answer of the same node
 */
record ExtendedAnswer(EntryName name, byte[] value, int errno, @Nullable ExtendedAnswer next) {}
