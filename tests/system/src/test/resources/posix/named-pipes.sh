mkfifo p
stat -c %F p
(echo through >p) &
cat p
wait
