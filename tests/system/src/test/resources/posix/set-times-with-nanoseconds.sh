: >f
mkdir d
touch -d '2011-03-04T05:06:07.123456789Z' f d
stat -c '%.9X %.9Y' f d
touch -m -d '1999-01-01T00:00:00.000000001Z' f
stat -c '%.9X %.9Y' f
