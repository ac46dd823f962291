head -c 200000 /dev/zero | tr '\0' a >f
truncate -s 70001 f
sha256sum <f
truncate -s 150000 f
sha256sum <f
: >f
stat -c %s f
