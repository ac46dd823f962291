: >f
ln -s f link
mkdir d
mkfifo p
perl -e '
  sub set { my ($path, $name, $value, $flags) = @_; my $s = syscall(189, $path, $name, $value, length $value, $flags // 0);
    print "set $path $name ", length $value, " flags ", $flags // 0, ": ", $s == 0 ? "done" : "$!", "\n"; }
  sub get { my ($path, $name, $room) = @_; my $value = "\0" x $room; my $n = syscall(192, $path, $name, $value, $room);
    print "get $path $name $room: ", $n < 0 ? "$!" : $room == 0 ? "$n bytes" : "$n " . unpack("%32C*", substr($value, 0, $n)), "\n"; }
  sub list { my ($path) = @_; my $names = "\0" x 4096; my $n = syscall(195, $path, $names, 4096);
    print "list $path: ", $n < 0 ? "$!" : join(",", sort split /\0/, substr($names, 0, $n)), "\n"; }
  set("f", "user.a", "one"); set("f", "user.a", "two", 1); set("f", "user.b", "two", 2); set("f", "user.a", "three", 2);
  set("f", "user.empty", ""); set("f", "user.large", "x" x 2500); set("f", "user.huge", "x" x 70000);
  set("f", "trusted.t", "trust"); set("f", "security.s", "secure"); set("f", "nonsense.n", "n"); set("f", "user." . "n" x 251, "v");
  set("link", "user.l", "v"); set("link", "trusted.l", "v"); set("p", "user.p", "v"); set("p", "trusted.p", "v"); set("d", "user.d", "v");
  get("f", "user.a", 100); get("f", "user.a", 0); get("f", "user.a", 2); get("f", "user.none", 10); get("f", "user.empty", 10);
  get("f", "user.large", 4000); get("f", "trusted.t", 10); get("f", "security.s", 10); get("link", "trusted.l", 10); get("f", "nonsense.n", 10);
  list($_) for "f", "link", "p", "d";
  my ($path, $name) = ("f", "user.none"); print syscall(198, $path, $name) == 0 ? "removed\n" : "remove: $!\n";'
chmod 777 . f
setpriv --reuid 4711 --regid 4711 --clear-groups perl -e '
  my ($path, $name, $value) = ("f", "trusted.u", "v"); print syscall(189, $path, $name, $value, 1, 0) == 0 ? "set\n" : "as a user: $!\n";
  my $names = "\0" x 4096; my $n = syscall(195, $path, $names, 4096); print join(",", sort split /\0/, substr($names, 0, $n)), "\n";
  $name = "trusted.t"; print syscall(192, $path, $name, $names, 100) < 0 ? "as a user: $!\n" : "read\n";'
