: >f
ln -s f link
touch -h -d '2033-05-18T03:33:20.987654321Z' link
stat -c '%.9X %.9Y' link
touch -d '1901-12-13T20:45:53Z' f; stat -c '%.9Y' f
touch -d '2106-02-07T06:28:16.5Z' f; stat -c '%.9Y' f
touch -a -d '2015-01-01T00:00:00.000000005Z' f; stat -c '%.9X %.9Y' f
touch -m -d '2016-01-01T00:00:00.999999999Z' f; stat -c '%.9X %.9Y' f
perl -e 'my $p = "f"; my $t = pack("qqqq", 0, 0x3ffffffe, 77, 0x3ffffffe); print syscall(280, -100, $p, $t, 0), "\n";
  $t = pack("qqqq", 5, 1000000000, 77, 0); print syscall(280, -100, $p, $t, 0) == 0 ? "set\n" : "$!\n";'
stat -c '%.9X %.9Y' f
before=$(stat -c %.9Z f); chmod 600 f; after=$(stat -c %.9Z f); [ "$before" != "$after" ] && echo 'ctime moved'
before=$(stat -c %.9Y .); : >g; after=$(stat -c %.9Y .); [ "$before" != "$after" ] && echo 'mtime of the directory moved'
before=$(stat -c %.9Z g); ln g h; after=$(stat -c %.9Z g); [ "$before" != "$after" ] && echo 'ctime moved with the link'
before=$(stat -c %.9Z h); mv h i; after=$(stat -c %.9Z i); [ "$before" != "$after" ] && echo 'ctime moved with the name'
before=$(stat -c %.9Z g); rm i; after=$(stat -c %.9Z g); [ "$before" != "$after" ] && echo 'ctime moved with the removal'
before=$(stat -c %.9Y g); printf x >>g; after=$(stat -c %.9Y g); [ "$before" != "$after" ] && echo 'mtime moved with the write'
chmod 666 f; chmod 755 .
setpriv --reuid 4711 --regid 4711 --clear-groups sh -c 'touch f && echo "now may be set"; touch -d 2001-01-01 f 2>/dev/null || echo "another time may not"'
