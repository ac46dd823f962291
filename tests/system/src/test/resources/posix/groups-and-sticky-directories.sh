chmod 777 .
user() { id=$1; groups=$2; shift 2; setpriv --reuid "$id" --regid "$id" --groups "$groups" "$@"; }
mkdir team sticky plain
chown 12:5000 team
chmod 2775 team
chmod 1777 sticky
chmod 777 plain
user 4711 5000,5001 sh -c 'umask 002; echo x >team/f; mkdir team/d; mkfifo team/p; ln -s f team/l; echo y >team/d/inner'
stat -c '%n %u:%g %a' team/f team/d team/p team/l team/d/inner
user 4712 6000 sh -c 'echo x >team/g' 2>/dev/null || echo 'not in the group'
user 4711 5000 sh -c 'perl -e "use Fcntl; sysopen(F, \"team/sgid\", O_CREAT | O_WRONLY, 02775) or die"'
user 4711 6000 sh -c 'echo s >sticky/mine; mkdir sticky/d'
user 4712 6000 sh -c 'rm -f sticky/mine 2>/dev/null || echo "not its owner"; mv sticky/d sticky/e 2>/dev/null || echo "nor to move"'
user 4711 6000 sh -c 'mv sticky/d sticky/e; rm sticky/mine; ls sticky'
user 4711 5001 sh -c 'umask 077; echo p >plain/private; chgrp 5001 plain/private; stat -c "%u:%g %a" plain/private'
user 4712 5001 sh -c 'cat plain/private 2>/dev/null || echo refused; chmod 666 plain/private 2>/dev/null || echo refused'
user 4711 5001 sh -c 'chmod 640 plain/private; chgrp 5009 plain/private 2>/dev/null || echo "foreign group refused"; chown 4712 plain/private 2>/dev/null || echo "giving away refused"'
user 4712 5001 cat plain/private
stat -c '%u:%g %a' team/sgid
