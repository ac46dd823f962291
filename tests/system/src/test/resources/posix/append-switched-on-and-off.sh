perl -e '
  use Fcntl;
  sysopen(my $f, "f", O_RDWR | O_CREAT | O_APPEND) or die $!; syswrite($f, "0123456789");
  fcntl($f, F_SETFL, 0) or die $!; sysseek($f, 0, 0); syswrite($f, "XX");
  fcntl($f, F_SETFL, O_APPEND) or die $!; sysseek($f, 0, 0); syswrite($f, "YY");'
cat f; echo; cat "$BEHIND/f"; echo
