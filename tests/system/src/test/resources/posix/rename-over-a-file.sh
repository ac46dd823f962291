echo old >f
echo new >g
exec 3<f
mv g f
cat f
cat <&3
ls
mkdir d
mv f d
ls d
