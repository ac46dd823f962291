truncate -s 10T f
printf end | dd of=f bs=1 seek=9895604649984 conv=notrunc status=none
printf middle | dd of=f bs=1 seek=4398046511104 conv=notrunc status=none
stat -c %s f
sync f
dd if=f bs=1 skip=9895604649980 count=10 status=none | od -An -c
perl -e 'open(my $f, "<", "f"); my $at = 0;
  while (defined(my $data = sysseek($f, $at, 3))) { my $hole = sysseek($f, $data, 4); print $data + 0, " ", $hole + 0, "\n"; $at = $hole + 0; last if $at >= 10 * 2**40; }'
fallocate -p -o 4398046507008 -l 1M f
dd if=f bs=1 skip=4398046511104 count=6 status=none | od -An -c
truncate -s 9895604649985 f
dd if=f bs=1 skip=9895604649984 count=6 status=none
truncate -s 17T f 2>/dev/null && echo extended || echo 'too large'
stat -c %s f
