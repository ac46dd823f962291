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
