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

    /**
     * Mounts and makes a file system of operations.
     *
     * @param arguments addresses of as many strings
     * @param mountPointAt gets the address of the mount point's string, for the end
     * @param isThreadedAt gets an int that says whether threads were asked for
     * @return a struct fuse; 0 if it failed, and then standard error tells why
     */
    long fuse_setup(
        int argumentCount,
        long arguments,
        long operations,
        long size,
        long mountPointAt,
        long isThreadedAt,
        long userData);

    /** The struct fuse_session that a file system is served by. */
    long fuse_get_session(long fuse);

    /** Serves on the present thread until the connection ends; several threads may. */
    int fuse_session_loop(long session);

    /** Unmounts what still stands and frees everything: nobody may be in a loop. */
    void fuse_teardown(long fuse, long mountPoint);
  }
}
