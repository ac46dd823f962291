fallocate -l 300000 f
stat -c %s f
fallocate -n -l 500000 f
stat -c %s f
sha256sum <f
