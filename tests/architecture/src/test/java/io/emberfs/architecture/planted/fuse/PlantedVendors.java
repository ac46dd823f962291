package io.emberfs.architecture.planted.fuse;

/** Violates a rule on purpose. */
public final class PlantedVendors {
  private PlantedVendors() {}

  /** Violates a rule on purpose. */
  public static final class OfRocksDb {
    static final Class<?> VENDOR = org.rocksdb.RocksDB.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfLz4 {
    static final Class<?> VENDOR = net.jpountz.lz4.LZ4Factory.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfSnappy {
    static final Class<?> VENDOR = org.xerial.snappy.Snappy.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfZstd {
    static final Class<?> VENDOR = com.github.luben.zstd.Zstd.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfPicocli {
    static final Class<?> VENDOR = picocli.CommandLine.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfLogback {
    static final Class<?> VENDOR = ch.qos.logback.classic.Logger.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfJnrFuse {
    static final Class<?> VENDOR = ru.serce.jnrfuse.FuseFS.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfJnr {
    static final Class<?> VENDOR = jnr.ffi.Pointer.class;
  }

  /** Violates a rule on purpose. */
  public static final class OfAvaje {
    static final Class<?> VENDOR = io.avaje.jsonb.Jsonb.class;
  }
}
