perl -MFcntl -e '
  for (1, 2) { print sysopen(my $f, "f", O_CREAT | O_EXCL | O_WRONLY, 0640) ? "made\n" : "refused: $!\n"; }'
stat -c %a f
