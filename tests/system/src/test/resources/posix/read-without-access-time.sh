# Made behind the mount, so that the bytes come from the backing.
echo text >"$BEHIND/quiet"; echo text >"$BEHIND/noted"
touch -a -d '2001-01-01T00:00:00Z' "$BEHIND/quiet" "$BEHIND/noted"
perl -e 'sysopen(my $f, "quiet", 01000000) or die $!; sysread($f, my $bytes, 9); print $bytes'
stat -c %X "$BEHIND/quiet"
cat noted; [ "$(stat -c %X "$BEHIND/noted")" -gt 1700000000 ] && echo 'the access was noted'
