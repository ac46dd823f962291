package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The options of mount(8): {@code -o a,b=c} says the same as {@code --a --b=c}, so that a line of
 * fstab(5) can say whatever the command line can. {@code _} is read as {@code -} in names; an
 * option that stands on the command line itself wins; of two in the list, the later one.
 */
final class MountOptions {
  /** Kept as {@code -o}: what the kernel is asked for. */
  private static final Set<String> FLAGS =
      Set.of("suid", "nosuid", "dev", "nodev", "exec", "noexec", "ro", "rw");

  /**
   * For mount(8) and for systemd, or without a meaning for a FUSE mount, whose times of access the
   * backing keeps.
   */
  private static final Set<String> IGNORED =
      Set.of(
          "defaults",
          "auto",
          "noauto",
          "nofail",
          "_netdev",
          "user",
          "nouser",
          "users",
          "nousers",
          "owner",
          "noowner",
          "group",
          "nogroup",
          "async",
          "atime",
          "noatime",
          "diratime",
          "nodiratime",
          "relatime",
          "norelatime",
          "strictatime",
          "nostrictatime",
          "lazytime",
          "nolazytime",
          "silent",
          "loud");

  private static final List<String> IGNORED_BEGINNINGS =
      List.of("x-", "X-", "user=", "comment=", "helper=", "uhelper=");

  /**
   * What makes no sense in a table of mounts: they change what the command prints or how it ends.
   */
  private static final Set<String> COMMAND_ONLY = Set.of("--foreground", "--json");

  private MountOptions() {}

  /**
   * The arguments with every {@code -o} written out.
   *
   * @param arguments of {@code mount}
   * @param known the long options that there are
   * @throws Refusal if an option of mount(8) is none of them
   */
  static List<String> writtenOut(List<String> arguments, Collection<String> known) throws Refusal {
    List<String> options = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--")) {
        // Behind it stand names, whatever they begin with.
        rest.addAll(arguments.subList(i, arguments.size()));
        break;
      }
      if (argument.equals("-o") && i + 1 < arguments.size()) {
        i++;
        options.addAll(split(arguments.get(i)));
      } else if (argument.startsWith("-o") && argument.length() > 2) {
        options.addAll(split(argument.substring(2)));
      } else {
        rest.add(argument);
      }
    }
    List<String> writtenOut = new ArrayList<>();
    for (String option : options) {
      add(option, known, rest, writtenOut);
    }
    writtenOut.addAll(rest);
    return writtenOut;
  }

  private static void add(
      String option, Collection<String> known, List<String> onCommandLine, List<String> target)
      throws Refusal {
    if (option.isEmpty()
        || IGNORED.contains(option)
        || IGNORED_BEGINNINGS.stream().anyMatch(option::startsWith)) {
      return;
    }
    if (FLAGS.contains(option)) {
      target.add("-o");
      target.add(option);
      return;
    }
    int equals = option.indexOf('=');
    String given = equals < 0 ? option : option.substring(0, equals);
    String name = "--" + given.replace('_', '-');
    if (!known.contains(name) || COMMAND_ONLY.contains(name)) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use -o " + given,
          "there is no such option",
          Verbs.nearest(name.substring(2), namesInLists(known))
              .orElse("emberfs mount --help lists what there is; -o a=b stands for --a b"));
    }
    if (onCommandLine.stream().noneMatch(each -> isOf(name, each))) {
      target.removeIf(each -> isOf(name, each));
      target.add(equals < 0 ? name : name + option.substring(equals));
    }
  }

  private static List<String> namesInLists(Collection<String> known) {
    return known.stream()
        .filter(name -> name.startsWith("--") && !COMMAND_ONLY.contains(name))
        .map(name -> name.substring(2))
        .toList();
  }

  private static boolean isOf(String name, String argument) {
    return argument.equals(name) || argument.startsWith(name + "=");
  }

  /** Splits at commas; between double quotes, which are taken away, a comma is part of a value. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean isQuoted = false;
    for (char c : text.toCharArray()) {
      if (c == '"') {
        isQuoted = !isQuoted;
      } else if (c == ',' && !isQuoted) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }
}
