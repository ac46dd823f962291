package io.emberfs.fuse.jnr;

import jnr.ffi.annotations.Delegate;

/**
 * Shapes of functions that are called from C and of those called in C. Every argument is a register
 * of 64 bits: pointers are addresses, and whoever takes an int cuts it out, since the upper half of
 * its register means nothing.
 *
 * <p>Public because jnr-ffi makes classes elsewhere that implement them. Strings are addresses too:
 * jnr-fuse's own shapes decode them and lose every byte that is not of the locale's encoding.
 */
public final class Closures {
  private Closures() {}

  /** Of one argument. */
  public interface One {
    @Delegate
    int call(long first);
  }

  /** Of two arguments. */
  public interface Two {
    @Delegate
    int call(long first, long second);
  }

  /** Of three arguments. */
  public interface Three {
    @Delegate
    int call(long first, long second, long third);
  }

  /** Of four arguments. */
  public interface Four {
    @Delegate
    int call(long first, long second, long third, long fourth);
  }

  /** Of five arguments. */
  public interface Five {
    @Delegate
    int call(long first, long second, long third, long fourth, long fifth);
  }

  /** init: takes a struct fuse_conn_info, gives what libfuse keeps for us. */
  public interface Init {
    @Delegate
    long call(long connection);
  }

  /** fuse_fill_dir_t. */
  public interface Fill {
    @Delegate
    int call(long buffer, long name, long stat, long nextOffset);
  }

  /** What is called in libfuse beside jnr-fuse's own. */
  public interface Library {
    /** The address of the present thread's struct fuse_context. */
    long fuse_get_context();
  }
}
