# Packed, unpacked, compared, and packed again from the result.
tar -C "$SOURCE" --format=posix -cf tree.tar .
mkdir out
tar -C out -xpf tree.tar
tar -C out -df tree.tar
tar -C out -cf again.tar --sort=name . && tar -tf again.tar | sort | sha256sum
