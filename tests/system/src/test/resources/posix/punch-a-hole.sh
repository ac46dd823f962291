head -c 262144 /dev/zero | tr '\0' a >f
sha256sum <f
fallocate -p -o 65536 -l 65536 f
sha256sum <f
fallocate -z -o 1000 -l 5000 f
sha256sum <f
