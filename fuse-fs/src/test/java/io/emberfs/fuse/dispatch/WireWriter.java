package io.emberfs.fuse.dispatch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes requests as the kernel does. */
final class WireWriter {
  static final long UNIQUE = 0x1122334455667788L;
  static final long NODE_ID = 7;

  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

  WireWriter(int opcode) {
    buffer.putInt(0).putInt(opcode).putLong(UNIQUE).putLong(NODE_ID);
    buffer.putInt(1000).putInt(1001).putInt(4242).putInt(0);
  }

  WireWriter u32(int... values) {
    for (int value : values) {
      buffer.putInt(value);
    }
    return this;
  }

  WireWriter u64(long... values) {
    for (long value : values) {
      buffer.putLong(value);
    }
    return this;
  }

  WireWriter name(String name) {
    return bytes(name.getBytes(StandardCharsets.UTF_8)).bytes(new byte[1]);
  }

  WireWriter bytes(byte[] bytes) {
    buffer.put(bytes);
    return this;
  }

  byte[] done() {
    buffer.putInt(0, buffer.position());
    byte[] request = new byte[buffer.position()];
    buffer.get(0, request);
    return request;
  }
}
