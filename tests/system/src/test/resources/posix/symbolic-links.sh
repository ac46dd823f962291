echo text >target
ln -s target link
ln -s nowhere dangling
readlink link dangling
cat link
stat -c '%F %s' link
cat dangling 2>/dev/null || echo dangling
