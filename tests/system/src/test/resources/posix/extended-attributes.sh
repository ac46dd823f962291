: >f
perl -e '
  my ($set, $get, $list, $remove) = (188, 191, 194, 197);
  my ($path, $name, $value) = ("f", "user.colour", "deep blue");
  syscall($set, $path, $name, $value, length $value, 0) == 0 or die "set: $!";
  my $read = "\0" x 100; my $n = syscall($get, $path, $name, $read, 100); print substr($read, 0, $n), "\n";
  my $names = "\0" x 1000; $n = syscall($list, $path, $names, 1000);
  print join(",", grep { /^user/ } split /\0/, substr($names, 0, $n)), "\n";
  syscall($remove, $path, $name) == 0 or die "remove: $!";
  print syscall($get, $path, $name, $read, 100) == -1 ? "gone: $!\n" : "still there\n";'
