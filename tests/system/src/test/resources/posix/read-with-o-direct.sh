head -c 262144 /dev/zero | tr '\0' d >f
sync f
dd if=f iflag=direct bs=4096 skip=3 count=9 status=none | sha256sum
