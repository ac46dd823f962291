perl -e 'print map { pack "N", $_ } 1 .. 50000' >f
perl -e 'print "x" x 100000' >g
cat g >/dev/null
perl -e '
  open(my $f, "<", "f"); open(my $g, "+<", "g");
  my ($from, $to) = (pack("q", 12345), pack("q", 54321));
  my $left = 70000;
  while ($left > 0) { my $n = syscall(326, fileno $f, $from, fileno $g, $to, $left, 0); die "$!" if $n <= 0; $left -= $n; }
  print unpack("q", $from), " ", unpack("q", $to), "\n";
  open(my $h, ">>", "g"); ($from, $to) = (pack("q", 0), pack("q", 0));
  print syscall(326, fileno $f, $from, fileno $h, $to, 10, 0) == -1 ? "to append: $!\n" : "appended\n";
  ($from, $to) = (pack("q", 0), pack("q", 5)); open(my $i, "+<", "g");
  print syscall(326, fileno $i, $from, fileno $i, $to, 100, 0) == -1 ? "overlap: $!\n" : "overlapped\n";'
stat -c %s g
sha256sum <g
