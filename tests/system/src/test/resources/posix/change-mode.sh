: >f
mkdir d
for mode in 0600 0444 0751 4755 2755; do chmod $mode f; stat -c %a f; done
chmod 1777 d
stat -c %a d
