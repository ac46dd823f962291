package io.emberfs.system;

/** Where the content of trees that several tests share comes from. */
final class Fixtures {
  private static final String SEED = "0x51f2c07e91";

  private Fixtures() {}

  /** The seed in the property {@code emberfs.seed}, else always the same one. */
  static long seed() {
    return Long.decode(System.getProperty("emberfs.seed", SEED));
  }
}
