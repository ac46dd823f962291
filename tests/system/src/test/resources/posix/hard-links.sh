echo one >f
ln f g
stat -c %h f g
echo two >>g
cat f
[ "$(stat -c %i f)" = "$(stat -c %i g)" ] && echo 'same inode'
rm f
cat g
stat -c %h g
