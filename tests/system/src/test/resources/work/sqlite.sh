# Two journal modes; two writers at a time; then the check of the whole database.
for mode in wal delete; do
  base=$mode.db
  sqlite3 $base "pragma journal_mode=$mode; create table t (id integer primary key, w int, v text, b blob);"
  for writer in 1 2; do
    (
      i=0
      while [ $i -lt 30 ]; do
        i=$((i + 1))
        sqlite3 -cmd '.timeout 20000' $base \
          "begin immediate; insert into t (w, v, b) values ($writer, 'row $i', zeroblob($((i * 997)))); \
           update t set v = v || '.' where id % 7 = $((i % 7)); commit;"
      done
    ) &
  done
  wait
  sqlite3 $base "pragma integrity_check; select w, count(*), sum(length(b)) from t group by w order by w; vacuum; pragma integrity_check;"
done
