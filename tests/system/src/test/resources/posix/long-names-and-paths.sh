name=$(printf '%0255d' 7)
echo text >"$name"
cat "$name"
ls | wc -c
touch "${name}x" 2>/dev/null && echo 'longer name made' || echo 'longer name refused'
mkdir "${name}y" 2>/dev/null || echo 'longer directory refused'
perl -e '
  my $part = "p" x 200;
  for (1 .. 30) { mkdir $part or die "mkdir $_: $!"; chdir $part or die "chdir $_: $!"; }
  open(my $f, ">", "deep") or die "open: $!"; print $f "deep text\n"; close $f;
  open($f, "<", "deep"); print scalar <$f>;
  rename("deep", "../moved") or die "rename: $!"; link("../moved", "again") or die "link: $!";
  print +(stat "again")[3], " links\n"; unlink("again", "../moved");
  for (1 .. 30) { chdir ".."; rmdir $part or die "rmdir $_: $!"; }'
ls | wc -l
