truncate -s 1M f
printf data | dd of=f bs=1 seek=524288 conv=notrunc status=none
sync f
perl -e 'open(my $f, "<", "f") or die; print sysseek($f, 0, 4) + 0, " ", sysseek($f, 0, 3) + 0, "\n";'
