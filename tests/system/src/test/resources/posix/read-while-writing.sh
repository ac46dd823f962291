: >f
exec 3>>f 4<f
printf 'first ' >&3
cat <&4
printf 'second\n' >&3
cat <&4
stat -c %s f
