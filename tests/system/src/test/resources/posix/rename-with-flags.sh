echo one >f
echo two >g
mkdir d
echo inner >d/inner
perl -e '
  sub rename_with { my ($from, $to, $flags) = @_;
    print "$from $to $flags: ", syscall(316, -100, $from, -100, $to, $flags) == 0 ? "done" : "$!", "\n"; }
  rename_with("f", "g", 1); rename_with("f", "new", 1); rename_with("new", "g", 2); rename_with("g", "d", 2);
  rename_with("g", "nothing", 2); rename_with("g", "d", 3);'
cat new d g/inner
stat -c '%n %F' d g new
ls
