echo text >f
[ "$(stat -c %w f)" = "$(stat -c %w "$BEHIND/f")" ] && echo 'the time of its birth'
[ "$(stat -c %W f)" -gt 1700000000 ] && echo 'is told'
mkdir d; [ "$(stat -c %w d)" = "$(stat -c %w "$BEHIND/d")" ] && echo 'that of a directory too'
touch -d 2001-01-01 f; [ "$(stat -c %W f)" -gt 1700000000 ] && echo 'and nobody sets it'
