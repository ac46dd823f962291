head -c 100 /dev/zero >f
perl -MFcntl -e '
  sub lock_range { my ($file, $type, $start, $length) = @_; return fcntl($file, F_SETLK, pack("s s x4 q q l x4", $type, SEEK_SET, $start, $length, 0)); }
  $| = 1;
  open(my $f, "+<", "f") or die; lock_range($f, F_WRLCK, 10, 20) or die "first: $!";
  if (fork() == 0) { open(my $g, "+<", "f") or die;
    print lock_range($g, F_WRLCK, 15, 1) ? "same range given\n" : "same range refused\n";
    print lock_range($g, F_WRLCK, 50, 1) ? "other range given\n" : "other range refused\n"; exit 0; }
  wait(); print "child $?\n";'
