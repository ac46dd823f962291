package io.emberfs.engine.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.GzipCodec;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.codec.SnappyCodec;
import io.emberfs.engine.codec.ZstdCodec;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BlockTransferTest {
  private static final int UNKNOWN_CODEC = 77;

  private final Arena arena = Arena.ofConfined();
  private final Codecs codecs = Codecs.standard();
  private final BlockGeometry geometry = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private final MemorySegment target = arena.allocate(geometry.blockSize());
  private final MemorySegment expanded = arena.allocate(geometry.blockSize());

  @AfterEach
  void freeMemory() {
    codecs.close();
    arena.close();
  }

  @Test
  void blocksOfAnyCodecAreExpandedWhateverIsChosenNow() {
    int[] ids = {NoneCodec.ID, Lz4Codec.ID, ZstdCodec.ID, GzipCodec.ID, SnappyCodec.ID};
    MemorySegment raw = arena.allocate(geometry.blockSize()).fill((byte) 9);
    for (int writer : ids) {
      BlockMeta meta = encoded(transfer(CodecChoice.of(writer)), raw);
      MemorySegment stored = writer == NoneCodec.ID ? raw : target.asSlice(0, meta.storedSize());

      assertThat(meta.codecId()).isEqualTo(writer);
      for (int reader : ids) {
        expanded.fill((byte) 0);
        assertThat(transfer(CodecChoice.of(reader)).expand(meta, stored, expanded)).isTrue();
        assertThat(expanded.mismatch(raw)).isEqualTo(-1);
      }
    }
  }

  @Test
  void aBlockThatDoesNotShrinkStaysAsItIs() {
    byte[] noise = new byte[geometry.blockSize()];
    Seeds.random(4).nextBytes(noise);
    MemorySegment raw = arena.allocate(noise.length).copyFrom(MemorySegment.ofArray(noise));

    BlockMeta plain = plain(transfer(CodecChoice.NONE), raw);
    for (CodecChoice choice :
        new CodecChoice[] {CodecChoice.of(GzipCodec.ID), CodecChoice.adaptive(ZstdCodec.ID)}) {
      assertThat(transfer(choice).encode(plain, raw, target)).isSameAs(plain);
    }
  }

  @Test
  void aBlockOfAnUnknownCodecIsRefused() {
    MemorySegment raw = arena.allocate(geometry.blockSize());
    BlockTransfer transfer = transfer(CodecChoice.of(ZstdCodec.ID));
    BlockMeta meta = encoded(transfer, raw);
    BlockMeta foreign =
        new BlockMeta(
            meta.fileId(),
            meta.blockIndex(),
            meta.fileGeneration(),
            UNKNOWN_CODEC,
            meta.rawSize(),
            meta.storedSize(),
            meta.checksum(),
            meta.validGranules(),
            meta.writeSequence());

    assertThat(transfer.expand(foreign, target.asSlice(0, meta.storedSize()), expanded)).isFalse();
  }

  private BlockTransfer transfer(CodecChoice choice) {
    return new BlockTransfer(geometry, codecs, new BlockEncoder(choice, codecs, new Meters()));
  }

  private BlockMeta encoded(BlockTransfer transfer, MemorySegment raw) {
    return transfer.encode(plain(transfer, raw), raw, target);
  }

  private BlockMeta plain(BlockTransfer transfer, MemorySegment raw) {
    return transfer.plain(1, 2, 3, geometry.fullMask(), 4, raw);
  }
}
