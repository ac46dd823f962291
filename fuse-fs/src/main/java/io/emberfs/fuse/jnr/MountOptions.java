package io.emberfs.fuse.jnr;

import io.emberfs.core.MountSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** The options of a mount as libfuse 2.9 wants them. */
final class MountOptions {
  private MountOptions() {}

  /**
   * Arguments of libfuse's command line.
   *
   * @param requestSizeMax bytes of the largest read or write
   * @param nameNanos how long the kernel may remember a name
   */
  static List<String> of(MountSpec spec, int requestSizeMax, long nameNanos) {
    String seconds = BigDecimal.valueOf(nameNanos, 9).toPlainString();
    List<String> options =
        new ArrayList<>(
            List.of(
                "fsname=" + escaped(spec.source()),
                "subtype=emberfs",
                "default_permissions",
                "use_ino",
                // An open file that loses its name is not renamed into a hidden one of the backing.
                "hard_remove",
                // Whether the mount point may be used was found out before.
                "nonempty",
                "direct_io",
                "big_writes",
                "max_read=" + requestSizeMax,
                "max_write=" + requestSizeMax,
                "attr_timeout=0",
                "entry_timeout=" + seconds,
                "negative_timeout=" + seconds));
    if (spec.allowOther()) {
      options.add("allow_other");
    }
    if (spec.readOnly()) {
      options.add("ro");
    }
    options.add(spec.allowSetUid() ? "suid" : "nosuid");
    options.add(spec.allowDevices() ? "dev" : "nodev");
    options.add(spec.allowExecution() ? "exec" : "noexec");
    return List.of("-o", String.join(",", options));
  }

  /** A comma ends an option. */
  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace(",", "\\,");
  }
}
