: >f
ln -s f link
chown 1234:2345 f
stat -c %u:%g f
chmod 6755 f
chown 55 f
stat -c '%u:%g %a' f
chown -h 77:88 link
stat -c %u:%g link f
