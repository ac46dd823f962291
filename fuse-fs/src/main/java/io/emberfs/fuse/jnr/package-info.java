/**
 * The transport over libfuse 2, by jnr-fuse: turns the library's calls on paths into calls on
 * nodes.
 *
 * <p>The assembly mounts and unmounts through it; libfuse calls it on threads of its own.
 *
 * <p>It owns what libfuse does not know: which node a path means, and the references to nodes that
 * go with it. The buffers are libfuse's.
 */
@NullMarked
package io.emberfs.fuse.jnr;

import org.jspecify.annotations.NullMarked;
