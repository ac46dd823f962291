/**
 * The FUSE wire protocol: decodes requests for the handler and encodes its answers.
 *
 * <p>A channel calls it with the bytes of each request; it calls the handler of the file system.
 *
 * <p>It owns nothing: the memory of requests and replies is the channel's, the meaning is the
 * handler's.
 */
@NullMarked
package io.emberfs.fuse.dispatch;

import org.jspecify.annotations.NullMarked;
