package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fixed list of codecs, found by the id that stands in each block. Any thread; whoever made the
 * list closes it, and with it the codecs, after the last call.
 */
public final class Codecs implements AutoCloseable {
  private final List<Codec> codecs;

  /**
   * @param codecs no two of one id
   */
  public Codecs(List<Codec> codecs) {
    this.codecs = List.copyOf(codecs);
    if (codecs.stream().mapToInt(Codec::id).distinct().count() != codecs.size()) {
      throw new IllegalArgumentException("two codecs of one id");
    }
  }

  /** The codecs of this build, Zstandard at its fastest level. */
  public static Codecs standard() {
    return standard(ZstdCodec.LEVEL_MIN);
  }

  /**
   * The codecs of this build.
   *
   * @param zstdLevel what Zstandard compresses with; it expands any level's frames
   */
  public static Codecs standard(int zstdLevel) {
    return new Codecs(
        List.of(
            new NoneCodec(),
            new Lz4Codec(),
            new ZstdCodec(zstdLevel),
            new GzipCodec(),
            new SnappyCodec()));
  }

  /** The codec of this id; null if this build does not know it, which the caller counts. */
  public @Nullable Codec find(int id) {
    for (int i = 0; i < codecs.size(); i++) {
      Codec codec = codecs.get(i);
      if (codec.id() == id) {
        return codec;
      }
    }
    return null;
  }

  /**
   * The codec of this id, which must be one of the list.
   *
   * @throws IllegalArgumentException if it is not
   */
  public Codec get(int id) {
    Codec codec = find(id);
    if (codec == null) {
      throw new IllegalArgumentException("no codec of id " + id);
    }
    return codec;
  }

  @Override
  public void close() {
    codecs.forEach(Codec::close);
  }
}
