i=0
while [ $i -lt 8 ]; do
  i=$((i + 1))
  perl -MFcntl -e '
    sysopen(my $f, "f", O_WRONLY | O_APPEND | O_CREAT, 0644) or die;
    for my $n (1 .. 150) { syswrite($f, "writer $ARGV[0] line $n\n") or die; }' $i &
done
wait
wc -l <f
sort f | sha256sum
grep -vc '^writer [1-8] line [0-9]*$' f || :
