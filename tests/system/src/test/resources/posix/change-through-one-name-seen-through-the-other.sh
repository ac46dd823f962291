echo text >f
stat -c '%h %a' f
ln f g
mkdir d
ln f d/h
stat -c '%n %h %a %s' f g d/h
chmod 604 g
echo more >>d/h
truncate -s 3 g
stat -c '%n %h %a %s' f g d/h
chown 12:13 f
stat -c '%n %u:%g' g d/h
mv g i
rm f
stat -c '%n %h %a' i d/h
ln d/h i 2>/dev/null || echo 'name is taken'
ln -s i link
ln link hard
stat -c '%n %F %h' link hard i
ln d other 2>/dev/null || echo 'no link of a directory'
mv i d/h 2>/dev/null || echo 'the same file'
ls . d
