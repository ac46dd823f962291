package io.emberfs.fuse.dispatch;

/** Where encoded answers go. Any thread; results are bytes sent or the negated errno. */
public interface ReplyChannel {
  /**
   * Sends one reply.
   *
   * @param descriptor the one that the request came from
   * @param address native memory, read before this returns
   */
  int send(int descriptor, long address, long byteCount);

  /**
   * Sends one reply out of parts.
   *
   * @param iovecAddress {@code count} times address and length, eight bytes each
   */
  int sendGather(int descriptor, long iovecAddress, int count);

  /**
   * A deferred request was answered after its receiver had gone on without it: its memory is free
   * again.
   */
  void release(WireRequest request);
}
