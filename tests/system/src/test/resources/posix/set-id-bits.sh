chmod 777 .
user() { setpriv --reuid 4711 --regid 4711 --clear-groups "$@"; }
fresh() { rm -f f; head -c 20000 /dev/zero >f; chown 4711:4711 f; chmod $1 f; stat -c %a f; }
for mode in 6777 2767 6766 4755; do
  fresh $mode; user sh -c 'printf x >>f'; stat -c %a f
  fresh $mode; user sh -c 'printf x | dd of=f conv=notrunc status=none'; stat -c %a f
  fresh $mode; user sh -c ': >f'; stat -c %a f
  fresh $mode; user truncate -s 5 f; stat -c %a f
  fresh $mode; user fallocate -l 30000 f; stat -c %a f
  fresh $mode; user fallocate -p -o 0 -l 4096 f; stat -c %a f
  fresh $mode; user chgrp 4711 f; stat -c %a f
  fresh $mode; user dd if=/dev/zero of=f oflag=direct bs=4096 count=1 conv=notrunc status=none; stat -c %a f
  fresh $mode; printf x >>f; stat -c %a f
  fresh $mode; : >f; stat -c %a f
  fresh $mode; chown 12 f; stat -c %a f
done
# Of a group that the writer is not in.
fresh 2766; chown 0:0 f; chmod 2766 f; user sh -c 'printf x >>f'; stat -c %a f
fresh 6777; chown 0:0 f; chmod 6777 f; user sh -c 'printf x >>f'; stat -c %a f
fresh 755; chown 4711:12 f; user chmod 2755 f; stat -c %a f
chown 0:0 f; chmod 644 f; perl -e 'my ($p, $n, $v) = ("f", "security.capability", pack("V5", 0x2000000, 1, 0, 0, 0)); syscall(188, $p, $n, $v, 20, 0) == 0 or die "$!"'
printf y >>f
perl -e 'my ($p, $n, $v) = ("f", "security.capability", "\0" x 100); print syscall(191, $p, $n, $v, 100), " $!\n"'
