# cp -a of a tree, and of the copy once more; nothing is then left for rsync to do.
cp -a "$SOURCE/." copy
cp -a copy again
rsync -aHn --checksum --itemize-changes copy/ again/
