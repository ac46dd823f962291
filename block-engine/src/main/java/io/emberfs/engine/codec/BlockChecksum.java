package io.emberfs.engine.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The checksum of stored bytes: CRC32C (RFC 3720, appendix B.4), and how the checksums of equal
 * parts join to that of the whole, so that a block kept in parts needs no pass over its bytes.
 * Immutable, any thread.
 */
public final class BlockChecksum {
  private static final int POLYNOMIAL_REFLECTED = 0x82F63B78;

  /** Row i is what bit i of a checksum becomes once one part of zeros has gone through it. */
  private final int[] pastOnePart;

  /**
   * @param partSize bytes of each part to join, a power of two
   */
  public BlockChecksum(int partSize) {
    if (Integer.bitCount(partSize) != 1) {
      throw new IllegalArgumentException("part size " + partSize + " is not a power of two");
    }
    int[] operator = pastOneZeroBit();
    for (long bits = 1; bits < (long) partSize * Byte.SIZE; bits *= 2) {
      operator = squared(operator);
    }
    pastOnePart = operator;
  }

  /** The checksum of a whole segment, at most 2 GiB. */
  public static int of(MemorySegment bytes) {
    return of(bytes.asByteBuffer());
  }

  /** The checksum of the bytes from a buffer's position, which moves, to its limit. */
  public static int of(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /**
   * The checksum of some bytes followed by one part.
   *
   * @param checksum of the bytes before; 0 where there are none
   * @param partChecksum of exactly one part
   */
  public int join(int checksum, int partChecksum) {
    return times(pastOnePart, checksum) ^ partChecksum;
  }

  private static int[] pastOneZeroBit() {
    int[] operator = new int[Integer.SIZE];
    operator[0] = POLYNOMIAL_REFLECTED;
    for (int bit = 1; bit < Integer.SIZE; bit++) {
      operator[bit] = 1 << (bit - 1);
    }
    return operator;
  }

  private static int[] squared(int[] operator) {
    int[] square = new int[Integer.SIZE];
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      square[bit] = times(operator, operator[bit]);
    }
    return square;
  }

  private static int times(int[] operator, int vector) {
    int product = 0;
    for (int rest = vector; rest != 0; rest &= rest - 1) {
      product ^= operator[Integer.numberOfTrailingZeros(rest)];
    }
    return product;
  }
}
