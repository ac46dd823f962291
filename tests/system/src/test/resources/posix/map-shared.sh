# A mapped write is seen by read, and a write by a mapping.
head -c 200000 /dev/zero >f
$JAVA io.emberfs.system.MappedFile f
sha256sum <f
