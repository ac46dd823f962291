/**
 * Replays I/O traces through the replacement policies of the mount, on one thread and without a
 * block of data: what a policy and a cache size would have been worth.
 */
@NullMarked
package io.emberfs.app.simulate;

import org.jspecify.annotations.NullMarked;
