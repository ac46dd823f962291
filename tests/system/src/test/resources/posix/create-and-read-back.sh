head -c 100000 /dev/zero | tr '\0' q >f
wc -c <f
sha256sum <f
stat -c '%a %h %s %F' f
