# A repository with history, its clone, garbage collection and the strict check.
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_CONFIG_NOSYSTEM=1 HOME=$PWD
git init -q -b main origin
cp -a "$SOURCE/part-0" "$SOURCE/part-1" origin/
cd origin
git add -A
git commit -q -m first
for i in 1 2 3 4 5; do
  echo "change $i" >>"part-0/new$i"
  git mv "part-0/room-0/file-$i.txt" "part-0/moved$i"
  git add -A
  git commit -q -m "commit $i"
done
git gc -q
cd ..
git clone -q --no-hardlinks origin clone
cd clone
git status --porcelain
git repack -q -a -d
echo more >>part-0/new1
git commit -q -a -m more
git reset -q --hard HEAD~2
git fsck --full --strict 2>&1
git log --format=%H
git ls-files -s | sha256sum
