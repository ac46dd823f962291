head -c 300000 /dev/zero >f
i=0
while [ $i -lt 40 ]; do
  i=$((i + 1))
  printf 'patch %s' $i | dd of=f bs=1 seek=$((i * 7919 % 290000)) conv=notrunc status=none
done
sha256sum <f
