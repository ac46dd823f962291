head -c 123456 /dev/zero | tr '\0' s | dd of=f bs=5000 conv=fsync status=none
sha256sum <"$BEHIND/f"
