# fio writes, reads back and verifies every block.
fio --minimal --name=v --numjobs=2 --size=8m --verify=crc32c --verify_backlog=256 --verify_fatal=1 --randseed=7 --ioengine=mmap --rw=randwrite --bs=4k >out.txt
rm out.txt
