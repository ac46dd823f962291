# Free space moves while this runs: the total and the block size do not.
stat -f -c '%S %b %c %l' .
stat -f -c '%S %b %c %l' "$BEHIND"
