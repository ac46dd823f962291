package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fixed list of codecs, found by the id that stands in each block. Immutable, any thread. */
public final class Codecs {
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

  /** The codecs of this build. */
  public static Codecs standard() {
    return new Codecs(List.of(new NoneCodec(), new Lz4Codec()));
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
}
