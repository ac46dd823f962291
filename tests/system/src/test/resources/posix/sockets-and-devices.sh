perl -MIO::Socket::UNIX -e '
  my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "s", Listen => 1) or die "bind: $!";
  if (fork() == 0) { my $c = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "s") or die "connect: $!"; print $c "through\n"; exit 0; }
  my $c = $server->accept; print <$c>; wait;'
mknod null c 1 3
mknod block b 240 513
mkfifo -m 0642 p
stat -c '%n %F %a %t:%T %h %s' s null block p
echo gone >null
head -c 3 null | wc -c
chmod 0604 null
touch -d '2001-02-03T04:05:06.5Z' null
stat -c '%a %.9Y' null
ln null other
stat -c %h null
