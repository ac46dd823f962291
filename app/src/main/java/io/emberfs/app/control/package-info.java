/**
 * The control channel of a running mount: one JSON line each way over a Unix domain socket.
 *
 * <p>The daemon serves it, the client commands call it.
 *
 * <p>It owns the socket, its threads and its bounds.
 */
@NullMarked
package io.emberfs.app.control;

import org.jspecify.annotations.NullMarked;
