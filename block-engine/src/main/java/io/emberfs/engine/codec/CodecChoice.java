package io.emberfs.engine.codec;

/**
 * What the blocks of one place are compressed with. Blocks that lie there in another form stay as
 * they are: each says which codec made it.
 *
 * @param codecId of one of the codecs; that of {@link NoneCodec} keeps blocks as they are
 * @param isAdaptive whether a block is sampled first, and what its file's blocks did is remembered;
 *     else each block is tried
 */
public record CodecChoice(int codecId, boolean isAdaptive) {
  /** Blocks stay as they are. */
  public static final CodecChoice NONE = new CodecChoice(NoneCodec.ID, false);

  /** Each block is tried with this codec. */
  public static CodecChoice of(int codecId) {
    return new CodecChoice(codecId, false);
  }

  /** Blocks that promise to shrink are tried with this codec. */
  public static CodecChoice adaptive(int codecId) {
    return new CodecChoice(codecId, true);
  }
}
