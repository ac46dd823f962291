package io.emberfs.engine.codec;

import io.emberfs.core.Codec;
import io.emberfs.testkit.CodecContract;

final class GzipCodecTest extends CodecContract {
  @Override
  protected Codec codec() {
    return new GzipCodec();
  }
}
