: >f
exec 3<f
flock -x 3
flock -n -x f true && echo 'second lock given' || echo 'second lock refused'
flock -u 3
flock -n -x f true && echo 'lock given'
