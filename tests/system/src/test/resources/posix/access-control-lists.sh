# Entries: tag, permissions, id. Tags: 1 owner, 2 user, 4 group of the file, 8 group, 16 mask, 32 others.
cat >"../$(basename "$PWD").acl.pl" <<'P'
sub acl { return pack("V", 2) . join "", map { pack("vvV", $$_[0], $$_[1], $$_[2] // 0xffffffff) } @_; }
sub set { my ($path, $kind, $value) = @_; my $name = "system.posix_acl_$kind";
  syscall(188, $path, $name, $value, length $value, 0) == 0 or print "set $path $kind: $!\n"; }
sub show { my ($path, $kind) = @_; my $name = "system.posix_acl_$kind"; my $v = "\0" x 1000; my $n = syscall(191, $path, $name, $v, 1000);
  print "$path $kind: ", $n < 0 ? "$!" : join(" ", map { sprintf "%d/%d/%s", unpack("v v", $_), (unpack("V", substr($_, 4)) == 0xffffffff ? "-" : unpack("V", substr($_, 4))) } unpack("(a8)*", substr($v, 4, $n - 4))), "\n"; }
P
acl=$(cat "../$(basename "$PWD").acl.pl")
rm "../$(basename "$PWD").acl.pl"
user() { id=$1; shift; setpriv --reuid "$id" --regid "$id" --groups 5000 "$@"; }
chmod 755 .
echo secret >f
chmod 600 f
perl -e "$acl"'set("f", "access", acl([1, 6], [2, 4, 4711], [4, 0], [8, 6, 5000], [16, 6], [32, 0])); show("f", "access");'
stat -c %a f
user 4711 cat f
user 4711 sh -c 'echo x >>f' 2>/dev/null || echo 'user: write refused'
user 4712 sh -c 'echo group >>f; cat f'
chmod 640 f
perl -e "$acl"'show("f", "access")'
user 4712 sh -c 'echo x >>f' 2>/dev/null || echo 'group: masked'
setpriv --reuid 4713 --regid 4713 --clear-groups cat f 2>/dev/null || echo 'others refused'
user 4711 perl -e "$acl"'set("f", "access", acl([1, 7], [4, 7], [32, 7]));'
mkdir d
perl -e "$acl"'set("d", "default", acl([1, 7], [2, 7, 4711], [4, 5], [16, 7], [32, 0])); show("d", "default"); show("d", "access");'
chmod 777 d
(umask 077; echo x >d/f; mkdir d/sub; mkfifo d/p; ln -s f d/l)
(umask 0; echo x >d/open)
perl -e "$acl"'show("d/$_", "access") for "f", "sub", "p", "open"; show("d/sub", "default"); show("d/f", "default")'
stat -c '%n %a' d/f d/sub d/p d/open
user 4711 sh -c 'echo more >>d/f && cat d/f; echo new >d/sub/new && stat -c %u:%g d/sub/new'
perl -e "$acl"'my ($p, $n) = ("d", "system.posix_acl_default"); print syscall(197, $p, $n) == 0 ? "removed\n" : "$!\n"; set("f", "default", acl([1, 7], [4, 7], [32, 7])); set("d", "access", "nonsense");'
(umask 027; echo x >d/masked; mkdir d/maskeddir)
stat -c '%n %a' d/masked d/maskeddir
# Who is not in the file's group loses setgid with a change of the list.
: >s; chown 4711:6000 s; chmod 2755 s
user 4711 perl -e "$acl"'set("s", "access", acl([1, 7], [2, 5, 4712], [4, 5], [16, 5], [32, 5]));'
stat -c %a s
: >t; chown 4711:5000 t; chmod 2755 t
user 4711 perl -e "$acl"'set("t", "access", acl([1, 7], [2, 5, 4712], [4, 5], [16, 5], [32, 5]));'
stat -c %a t
