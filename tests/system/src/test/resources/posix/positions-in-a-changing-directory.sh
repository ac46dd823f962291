# Whoever is there all the time is seen once, also when others come and go and the reader jumps back.
perl -e '
  mkdir "d"; for (1 .. 400) { open(my $f, ">", sprintf("d/stays%04d", $_)); open($f, ">", sprintf("d/goes%04d", $_)); }
  opendir(my $d, "d"); my (%seen, @names, @at);
  for (1 .. 100) { push @at, telldir $d; push @names, scalar readdir $d; }
  for (1 .. 400) { unlink sprintf("d/goes%04d", $_); open(my $f, ">", sprintf("d/new%04d", $_)); }
  $seen{$_}++ for @names;
  while (defined(my $n = readdir $d)) { $seen{$n}++; }
  print "stays: ", scalar(grep { /^stays/ && $seen{$_} == 1 } keys %seen), ", more than once: ", scalar(grep { $seen{$_} > 1 } keys %seen), "\n";
  my $same = 0; my $asked = 0;
  for my $i (reverse 0 .. 99) { next unless $names[$i] =~ /^stays/; $asked++; seekdir($d, $at[$i]); $same++ if readdir($d) eq $names[$i]; }
  print $same == $asked && $asked > 0 ? "every position leads back\n" : "$same of $asked positions lead back\n";
  rewinddir $d; my $n = 0; $n++ while defined readdir $d; print "$n entries\n";'
