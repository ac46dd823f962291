echo text >f
perl -e '
  open(my $f, "+<", "f"); my $r = ""; vec($r, fileno $f, 1) = 1; my $w = $r; my $e = $r;
  print scalar(select($r, $w, $e, 5)), " ready\n";
  my $answer = "\0" x 64;
  print ioctl($f, 0x5401, $answer) ? "a terminal\n" : "TCGETS: $!\n";
  print ioctl($f, 0x12345678, $answer) ? "known\n" : "unknown: $!\n";
  print ioctl($f, 0x541b, $answer) ? "FIONREAD " . unpack("i", $answer) . "\n" : "FIONREAD: $!\n";'
