# O_TMPFILE: without a name until it is linked; with O_EXCL it never gets one.
perl -e '
  sub unnamed { sysopen(my $f, ".", 020200002 | $_[0], 0640) or die "open: $!"; return $f; }
  my $f = unnamed(0);
  syswrite($f, "text\n" x 3000);
  print "links ", (stat $f)[3], " size ", (stat $f)[7], "\n";
  my ($from, $to) = ("/proc/self/fd/" . fileno $f, "linked");
  print syscall(265, -100, $from, -100, $to, 0x400) == 0 ? "linked\n" : "refused: $!\n";
  print "links ", (stat $f)[3], "\n";
  syswrite($f, "more\n");
  my $g = unnamed(0200);
  syswrite($g, "never named");
  sysseek($g, 6, 0); sysread($g, my $bytes, 100); print "$bytes\n";
  ($from, $to) = ("/proc/self/fd/" . fileno $g, "other");
  print syscall(265, -100, $from, -100, $to, 0x400) == 0 ? "linked\n" : "refused: $!\n";'
stat -c '%a %h %s' linked
sha256sum <linked
ls
