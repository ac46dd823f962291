mkdir -p a/b
head -c 90000 /dev/zero | tr '\0' z >a/b/f
cat a/b/f | wc -c
mv a c
wc -c <c/b/f
ls a 2>/dev/null || echo gone
mkdir -p x/y
mv -T c x 2>/dev/null || echo 'not over a full directory'
