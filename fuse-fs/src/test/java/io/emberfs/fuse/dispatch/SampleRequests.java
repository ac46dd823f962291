package io.emberfs.fuse.dispatch;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One well-formed request of each operation, by the call that it must lead to; calls of several
 * lines are joined by a bar.
 */
final class SampleRequests {
  private SampleRequests() {}

  static Map<String, byte[]> byCall() {
    Map<String, byte[]> samples = new LinkedHashMap<>();
    samples.put("lookup 7 a 1000 1001 4242", of(Opcode.LOOKUP).name("a").done());
    samples.put("forget 7 3", of(Opcode.FORGET).u64(3).done());
    samples.put(
        "forget 9 2|forget 10 1", of(Opcode.BATCH_FORGET).u32(2, 0).u64(9, 2, 10, 1).done());
    samples.put("getattr 7 5", of(Opcode.GETATTR).u32(1, 0).u64(5).done());
    samples.put("getattr 7 0", of(Opcode.GETATTR).u32(0, 0).u64(5).done());
    samples.put(
        "setattr 7 384 10 11 -3999999995 9000000006 123 true",
        setAttributes(1 | 2 | 4 | 8 | 16 | 32 | 1 << 11));
    samples.put(
        "setattr 7 null null null -9223372036854775808 null -1 false", setAttributes(16 | 1 << 7));
    samples.put("readlink 7", of(Opcode.READLINK).done());
    samples.put("symlink 7 n t/..", of(Opcode.SYMLINK).name("n").name("t/..").done());
    samples.put("mknod 7 n 4516 9 18", of(Opcode.MKNOD).u32(4516, 9, 18, 0).name("n").done());
    samples.put("mkdir 7 n 493 18", of(Opcode.MKDIR).u32(493, 18).name("n").done());
    samples.put("unlink 7 n", of(Opcode.UNLINK).name("n").done());
    samples.put("rmdir 7 ...", of(Opcode.RMDIR).name("...").done());
    samples.put("rename 7 a 8 b 0", of(Opcode.RENAME).u64(8).name("a").name("b").done());
    samples.put("rename 7 a 8 b 2", of(Opcode.RENAME2).u64(8).u32(2, 0).name("a").name("b").done());
    samples.put("link 9 7 n", of(Opcode.LINK).u64(9).name("n").done());
    samples.put("open 7 2", of(Opcode.OPEN).u32(2, 0).done());
    samples.put("create 7 n 66 420 18", of(Opcode.CREATE).u32(66, 420, 18, 0).name("n").done());
    samples.put("tmpfile 7 66 420 18", of(Opcode.TMPFILE).u32(66, 420, 18, 0).name("/").done());
    samples.put(
        "read 7 5 4096 8192", of(Opcode.READ).u64(5, 4096).u32(8192, 0).u64(0).u32(0, 0).done());
    samples.put(
        "write 7 5 4096 true false data",
        of(Opcode.WRITE)
            .u64(5, 4096)
            .u32(4, 4)
            .u64(0)
            .u32(0, 0)
            .bytes("data".getBytes(StandardCharsets.UTF_8))
            .done());
    samples.put("statfs 7", of(Opcode.STATFS).done());
    samples.put("release 7 5", of(Opcode.RELEASE).u64(5, 0, 0).done());
    samples.put("fsync 7 5 true", of(Opcode.FSYNC).u64(5).u32(1, 0).done());
    byte[] value = "value".getBytes(StandardCharsets.UTF_8);
    samples.put(
        "setxattr 7 user.a 1 false value",
        of(Opcode.SETXATTR).u32(5, 1).name("user.a").bytes(value).done());
    samples.put(
        "setxattr 7 user.a 2 false value",
        of(Opcode.SETXATTR).u32(5, 2, 0, 0).name("user.a").bytes(value).done());
    samples.put(
        "setxattr 7 user.a 0 true value",
        of(Opcode.SETXATTR).u32(5, 0, 1, 0).name("user.a").bytes(value).done());
    samples.put("getxattr 7 user.a 100", of(Opcode.GETXATTR).u32(100, 0).name("user.a").done());
    samples.put("listxattr 7 100", of(Opcode.LISTXATTR).u32(100, 0).done());
    samples.put("removexattr 7 user.a", of(Opcode.REMOVEXATTR).name("user.a").done());
    samples.put("flush 7 5", of(Opcode.FLUSH).u64(5, 0, 0).done());
    samples.put("opendir 7 0", of(Opcode.OPENDIR).u32(0, 0).done());
    samples.put(
        "readdir 7 5 -9 false", of(Opcode.READDIR).u64(5, -9).u32(4096, 0).u64(0).u32(0, 0).done());
    samples.put(
        "readdir 7 5 9 true",
        of(Opcode.READDIRPLUS).u64(5, 9).u32(4096, 0).u64(0).u32(0, 0).done());
    samples.put("releasedir 7 5", of(Opcode.RELEASEDIR).u64(5, 0, 0).done());
    samples.put("fsyncdir 7 5 false", of(Opcode.FSYNCDIR).u64(5).u32(0, 0).done());
    samples.put("access 7 4", of(Opcode.ACCESS).u32(4, 0).done());
    samples.put("fallocate 7 5 3 10 20", of(Opcode.FALLOCATE).u64(5, 10, 20).u32(3, 0).done());
    samples.put("lseek 7 5 100 3", of(Opcode.LSEEK).u64(5, 100).u32(3, 0).done());
    samples.put("copy 7 1 2 3 4 5 6", of(Opcode.COPY_FILE_RANGE).u64(1, 2, 3, 4, 5, 6, 0).done());
    samples.put(
        "copy 7 1 2 3 4 5 1073741824",
        of(Opcode.COPY_FILE_RANGE_64).u64(1, 2, 3, 4, 5, 1L << 40, 0).done());
    samples.put("syncfs 7", of(Opcode.SYNCFS).u64(0).done());
    return samples;
  }

  private static byte[] setAttributes(int valid) {
    return of(Opcode.SETATTR)
        .u32(valid, 0)
        .u64(5, 123, 0, -4, 9, 0)
        .u32(5, 6, 0)
        .u32(0600, 0, 10, 11, 0)
        .done();
  }

  private static WireWriter of(int opcode) {
    return new WireWriter(opcode);
  }
}
