package io.emberfs.fuse.dispatch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages requests. */
final class RequestMutation {
  private static final int LEN_AT = 0;
  private static final int OPCODE_AT = 4;
  private static final int EXTENSIONS_AT = 36;

  private RequestMutation() {}

  static byte[] mutate(byte[] sample, RandomGenerator random) {
    byte[] bytes = sample.clone();
    int mutations = 1 + random.nextInt(3);
    for (int i = 0; i < mutations && bytes.length > 0; i++) {
      switch (random.nextInt(6)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(64));
        case 2 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        case 3 -> putInt(bytes, 4 * random.nextInt(bytes.length), interesting(random));
        case 4 -> putInt(bytes, OPCODE_AT, random.nextInt(60));
        default -> putInt(bytes, EXTENSIONS_AT, random.nextInt(8));
      }
    }
    // Mostly with the right length, or nothing behind the first check would be tried.
    if (random.nextInt(8) != 0) {
      putInt(bytes, LEN_AT, bytes.length);
    }
    return bytes;
  }

  private static int interesting(RandomGenerator random) {
    return switch (random.nextInt(5)) {
      case 0 -> -1;
      case 1 -> Integer.MAX_VALUE;
      case 2 -> Integer.MIN_VALUE;
      case 3 -> random.nextInt(200);
      default -> random.nextInt();
    };
  }

  private static void putInt(byte[] bytes, int at, int value) {
    if (at + Integer.BYTES <= bytes.length) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    }
  }
}
