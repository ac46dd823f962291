mkdir d
$JAVA io.emberfs.system.DirectoryWatch d
