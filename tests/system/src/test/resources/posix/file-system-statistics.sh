# Free space moves while this runs: the total and the block size do not.
stat -f -c '%S %b %c %l' .
stat -f -c '%S %b %c %l' "$BEHIND"
# Inodes too, of which a few come and go.
perl -e 'my ($mine, $behind) = map { (split " ", `stat -f -c "%d" $_`)[0] } ".", $ENV{BEHIND}; print abs($mine - $behind) < 1000 ? "inodes agree\n" : "$mine $behind\n"'
